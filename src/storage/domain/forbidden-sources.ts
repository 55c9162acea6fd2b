import { isInside } from '../../shared/posix-path.js';

/** Directories that must never be handed to a job, nor contain the store. */
const FORBIDDEN_TREES = ['/etc', '/proc', '/sys', '/dev', '/boot', '/run', '/var/run'];

/** Where users keep their own data below a tree that is otherwise the system's. */
const ALLOWED_BELOW = ['/run/user', '/run/media'];

/** A path that no job may reach, such as an engine's socket or the state of this service. */
export interface ReservedPath {
  readonly path: string;
  /** Named in the reason; the path itself may come from a setting. */
  readonly what: string;
}

/**
 * Says why a directory cannot be the store, or nothing when it can.
 * @param path absolute and normalised
 */
export function forbiddenStoreReason(
  path: string,
  reserved: readonly ReservedPath[] = [],
): string | undefined {
  if (path === '/') return 'must not be the root directory';
  for (const { path: tree, what } of reserved) {
    if (isInside(tree, path) || isInside(path, tree)) return `must not lie in or contain ${what}`;
  }
  if (ALLOWED_BELOW.some((tree) => isInside(tree, path) && path !== tree)) return undefined;
  for (const tree of FORBIDDEN_TREES) {
    if (isInside(tree, path)) return `must not lie in ${tree}`;
    if (isInside(path, tree)) return `must not contain ${tree}`;
  }
  return undefined;
}
