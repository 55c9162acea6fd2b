import type { AllowedImages } from '../scheduling/domain/image-allow-list.js';

const PREFIX = /^[a-zA-Z0-9][a-zA-Z0-9.-]*(?::\d{1,5})?(?:\/[a-z0-9][a-z0-9._-]*)*$/;

/** Parses ALLOWED_IMAGES; unset is no list at all, set but without any entry is refused. */
export function parseAllowedImages(
  text: string | undefined,
): { readonly images: AllowedImages | undefined } | { readonly reason: string } {
  if (text === undefined) return { images: undefined };
  const entries = text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
  // A list that came out empty would allow everything: that must never happen by accident.
  if (entries.length === 0) return { reason: 'must name at least one registry or path prefix' };
  const digestOnly = entries.includes('digest');
  const prefixes = entries
    .filter((entry) => entry !== 'digest')
    .map((entry) => entry.replace(/\/+$/, ''));
  if (!prefixes.every((prefix) => PREFIX.test(prefix))) {
    return { reason: 'must be registry or path prefixes such as docker.io/fnndsc' };
  }
  return { images: { prefixes, digestOnly } };
}
