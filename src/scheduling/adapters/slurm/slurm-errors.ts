import { SlurmError } from '../../../clients/slurm/slurm-error.js';
import { DomainError } from '../../../shared/domain-error.js';
import { INPUT_TARGET, OUTPUT_TARGET } from '../../../storage/domain/mounts.js';
import type { JobSpec } from '../../domain/job-spec.js';
import { backendError, backendUnavailable, jobRefused } from '../../domain/scheduling-errors.js';

/** Refusals that pass by themselves. Source: slurm_errno.c. */
const PASSING =
  /job submission limit|job violates accounting\/QOS policy|in the process of|not respond/i;

/** Awaits an answer of SLURM or the record folder. @throws DomainError in the place of any other */
export async function asSchedulingError<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    throw toSchedulingError(error);
  }
}

export function toSchedulingError(error: unknown): DomainError {
  if (error instanceof DomainError) return error;
  if (!(error instanceof SlurmError)) {
    // The system's own words carry paths of the host.
    return backendUnavailable('the folder of the job records cannot be used', error);
  }
  const message = `SLURM says: ${error.words}`;
  return error.hasAnswered ? backendError(message, error) : backendUnavailable(message, error);
}

/** For `sbatch`: what SLURM answers to it is about this job. */
export function toSubmitError(error: unknown, spec: JobSpec): DomainError {
  if (!(error instanceof SlurmError) || !error.hasAnswered) return toSchedulingError(error);
  if (PASSING.test(error.words)) {
    const message = `SLURM takes no job now: ${error.words}`;
    return new DomainError('BackendBusy', message, { retryable: true, cause: error });
  }
  const asked = spec.gpuLimit > 0 ? ` (gpu_limit is ${spec.gpuLimit})` : '';
  return jobRefused(`SLURM refuses the job: ${withoutHostPaths(error.words, spec)}${asked}`, error);
}

function withoutHostPaths(words: string, { mounts }: JobSpec): string {
  return [[mounts.input.path, INPUT_TARGET] as const, [mounts.output.path, OUTPUT_TARGET] as const]
    .toSorted(([a], [b]) => b.length - a.length)
    .reduce((text, [path, target]) => text.replaceAll(path, target), words);
}
