import { splitImageRef, type ImageRef } from './image-ref.js';

/** One entry of an allow-list: a registry or path prefix, optionally only by digest. */
export interface AllowedImages {
  /** Complete path components: `docker.io/fnndsc` allows `docker.io/fnndsc/x`, not `docker.io/fnndscx/y`. */
  readonly prefixes: readonly string[];
  /** True when a reference must carry a digest. */
  readonly digestOnly: boolean;
}

/** The reference without tag and digest, with the default registry written out. */
function qualifiedName(image: ImageRef): string {
  const parts = splitImageRef(image);
  if (parts === undefined) return '';
  const official = parts.host === undefined && !parts.path.includes('/');
  return `${parts.host ?? 'docker.io'}/${official ? `library/${parts.path}` : parts.path}`;
}

/** Says why an image is not allowed, or nothing when it is. */
export function disallowedImageReason(
  image: ImageRef,
  allowed: AllowedImages | undefined,
): string | undefined {
  if (allowed === undefined) return undefined;
  if (allowed.digestOnly && splitImageRef(image)?.digest === undefined) {
    return 'must be named by digest (name@sha256:...) on this service';
  }
  if (allowed.prefixes.length === 0) return undefined;
  const name = qualifiedName(image);
  const matches = allowed.prefixes.some(
    (prefix) => name === prefix || name.startsWith(`${prefix}/`),
  );
  return matches ? undefined : 'is not on the list of images that this service may run';
}
