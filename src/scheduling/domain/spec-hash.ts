/** Hex digest of what a client asked for; equal digests mean a repeated submission. */
export type SpecHash = string & { readonly kind: 'spec-hash' };

/** Digests UTF-8 text to lower-case hex, such as SHA-256. */
export type Digest = (text: string) => string;

/**
 * Hashes the normalised request. Deployment settings (labels, users drawn from a range) stay out:
 * a repeat after a restart with other settings is still the same job.
 */
export function hashSpec(request: Readonly<Record<string, unknown>>, digest: Digest): SpecHash {
  const ordered = Object.keys(request)
    .toSorted()
    .map((key) => [key, request[key]]);
  return digest(JSON.stringify(ordered)) as SpecHash;
}
