import type { JobName } from '../../domain/job-name.js';

/** Container names have at least two characters. */
const MIN_LENGTH = 2;

/** From 0. */
export function workerNumbers(workers: number): number[] {
  return Array.from({ length: workers }, (_, worker) => worker);
}

/**
 * The container of a worker. The first has the job's own name where the engine allows it; the others
 * have a suffix that no job name can contain, so that no two jobs ever share a container's name.
 */
export function containerName(job: JobName, worker: number): string {
  return worker === 0 && job.length >= MIN_LENGTH ? job : `${job}..${worker}`;
}
