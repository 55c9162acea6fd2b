import { isInside } from '../../shared/posix-path.js';

/** Directories that must never be handed to a job, nor contain the store. */
const FORBIDDEN_TREES = ['/etc', '/proc', '/sys', '/dev', '/boot', '/run', '/var/run'];

/** Where engines keep volumes below a tree that is otherwise theirs alone. */
const ALLOWED_BELOW = ['/run/user', '/run/media'];

/**
 * Says why a directory cannot be the store, or nothing when it can.
 * @param path absolute and normalised
 * @param reserved further trees, such as the service's own state
 */
export function forbiddenStoreReason(
  path: string,
  reserved: readonly string[] = [],
): string | undefined {
  if (path === '/') return 'must not be the root directory';
  if (ALLOWED_BELOW.some((tree) => isInside(tree, path) && path !== tree)) return undefined;
  for (const tree of [...FORBIDDEN_TREES, ...reserved]) {
    if (isInside(tree, path)) return `must not lie in ${tree}`;
    if (isInside(path, tree)) return `must not contain ${tree}`;
  }
  return undefined;
}
