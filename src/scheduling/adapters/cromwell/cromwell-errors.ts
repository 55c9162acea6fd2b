import { CromwellError } from '../../../clients/cromwell/cromwell-error.js';
import { DomainError } from '../../../shared/domain-error.js';
import type { JobSpec } from '../../domain/job-spec.js';
import { backendError, backendUnavailable, jobRefused } from '../../domain/scheduling-errors.js';
import { toRecordError, withoutHostPaths } from '../batch-api/record-errors.js';

const NOT_ALLOWED = new Set<number | undefined>([401, 403]);
const TOO_MANY = 429;

export function toSchedulingError(error: unknown): DomainError {
  if (!(error instanceof CromwellError)) return toRecordError(error);
  const { status, words } = error;
  if (status === undefined) return backendUnavailable(`Cromwell does not answer: ${words}`, error);
  if (NOT_ALLOWED.has(status)) return notAllowed(error);
  const message = `Cromwell says: ${words}`;
  return isPassing(status) ? backendUnavailable(message, error) : backendError(message, error);
}

/** For the submission: what Cromwell refuses of it is about this job. */
export function toSubmitError(error: unknown, spec: JobSpec): DomainError {
  if (!hasRefused(error) || NOT_ALLOWED.has(error.status)) return toSchedulingError(error);
  return jobRefused(`Cromwell refuses the job: ${withoutHostPaths(error.words, spec)}`, error);
}

/** Whether Cromwell has answered that it does not take the workflow. */
export function hasRefused(error: unknown): error is CromwellError {
  if (!(error instanceof CromwellError) || error.status === undefined) return false;
  return !isPassing(error.status);
}

function isPassing(status: number): boolean {
  return status >= 500 || status === TOO_MANY;
}

function notAllowed(error: CromwellError): DomainError {
  const message = 'Cromwell refuses the credentials: look at CROMWELL_AUTHORIZATION';
  return new DomainError('BackendUnavailable', message, { retryable: false, cause: error });
}
