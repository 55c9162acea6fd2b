import type { Environment } from './environment.js';

export type ImageEntrypoint = 'keep' | 'replace';

/**
 * What becomes of an image's ENTRYPOINT. Unless it is set, as the Python pman did it: jobs that work
 * with the one work with the other.
 */
export function imageEntrypoint(environment: Environment): ImageEntrypoint {
  const { CONTAINER_ENV = 'docker', IMAGE_ENTRYPOINT } = environment;
  const isEngine = CONTAINER_ENV === 'docker' || CONTAINER_ENV === 'podman';
  if (IMAGE_ENTRYPOINT === undefined) return isEngine ? 'keep' : 'replace';
  return IMAGE_ENTRYPOINT === 'keep' ? 'keep' : 'replace';
}
