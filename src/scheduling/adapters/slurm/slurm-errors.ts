import { SlurmError } from '../../../clients/slurm/slurm-error.js';
import { DomainError } from '../../../shared/domain-error.js';
import type { JobSpec } from '../../domain/job-spec.js';
import { pathsOf, withoutHostPaths } from '../../domain/host-paths.js';
import { backendError, backendUnavailable, jobRefused } from '../../domain/scheduling-errors.js';
import { toRecordError } from '../batch-api/record-errors.js';

/** Refusals that pass by themselves. Source: slurm_errno.c. */
const PASSING =
  /job submission limit|job violates accounting\/QOS policy|in the process of|not respond|I\/O error|system call interrupted|no space left/i;

export function toSchedulingError(error: unknown): DomainError {
  if (!(error instanceof SlurmError)) return toRecordError(error);
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
  const words = withoutHostPaths(error.words, pathsOf(spec.mounts));
  return jobRefused(`SLURM refuses the job: ${words}${asked}`, error);
}
