/** Leaves room for the path of the store below the kernel's 4,096 bytes. */
const MAX_PATH_BYTES = 3_072;
const MAX_COMPONENT_BYTES = 255;

/** A relative path below the store: no leading slash, no `.`, `..` or empty component. */
export type RelativePath = string & { readonly kind: 'relative-path' };

/**
 * Normalises a directory that a client names: slashes at both ends are stripped, then every
 * component is checked.
 * @returns the path, or the reason why it is refused.
 */
export function parseRelativePath(
  value: string,
): { readonly path: RelativePath } | { readonly reason: string } {
  const path = withoutOuterSlashes(value);
  if (path === '') return { reason: 'must name a directory below the store' };
  if (Buffer.byteLength(path) > MAX_PATH_BYTES) {
    return { reason: `must be at most ${MAX_PATH_BYTES} bytes` };
  }
  if (path.includes('\0')) return { reason: 'must not contain a NUL character' };
  // A colon separates source and target in some engines' mount syntax.
  if (path.includes(':')) return { reason: 'must not contain a colon' };
  for (const component of path.split('/')) {
    if (component === '') return { reason: 'must not contain an empty path component' };
    if (component === '.' || component === '..') {
      return { reason: `must not contain the path component "${component}"` };
    }
    if (Buffer.byteLength(component) > MAX_COMPONENT_BYTES) {
      return { reason: `each path component must be at most ${MAX_COMPONENT_BYTES} bytes` };
    }
  }
  return { path: path as RelativePath };
}

/** Not a regular expression: `/\/+$/` takes quadratic time on a path full of slashes. */
function withoutOuterSlashes(value: string): string {
  let start = 0;
  let end = value.length;
  while (value[start] === '/') start += 1;
  while (end > start && value[end - 1] === '/') end -= 1;
  return value.slice(start, end);
}

/** True when `path` is `base` or lies below it; both absolute and normalised. */
export function isInside(base: string, path: string): boolean {
  return path === base || path.startsWith(base.endsWith('/') ? base : `${base}/`);
}
