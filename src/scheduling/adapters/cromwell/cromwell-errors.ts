import { CromwellError } from '../../../clients/cromwell/cromwell-error.js';
import { DomainError } from '../../../shared/domain-error.js';
import type { JobSpec } from '../../domain/job-spec.js';
import { pathsOf, withoutHostPaths } from '../../domain/host-paths.js';
import { backendError, backendUnavailable, jobRefused } from '../../domain/scheduling-errors.js';
import { toRecordError } from '../batch-api/record-errors.js';
import { withoutFolders } from './cromwell-words.js';

/** What Cromwell says of a workflow that it does not take, or of a question that is wrong. */
const REFUSALS = new Set<number | undefined>([400, 413, 415, 422]);
const NOT_ALLOWED = new Set<number | undefined>([401, 403]);
const FIRST_ERROR = 400;
const METHOD_NOT_ALLOWED = 405;

export function toSchedulingError(error: unknown): DomainError {
  if (!(error instanceof CromwellError)) return toRecordError(error);
  const { status } = error;
  const words = withoutFolders(error.words);
  if (status === undefined) return backendUnavailable(`Cromwell does not answer: ${words}`, error);
  if (NOT_ALLOWED.has(status)) {
    return lasting(
      'Cromwell does not accept the credentials: look at CROMWELL_AUTHORIZATION',
      error,
    );
  }
  if (isElsewhere(status)) {
    return lasting(`what CROMWELL_URL names is not Cromwell: it answers ${status}`, error);
  }
  if (REFUSALS.has(status)) return backendError(`Cromwell says: ${words}`, error);
  // Also of a proxy before it, that does not find it for the moment.
  return backendUnavailable(`Cromwell says: ${words}`, error);
}

/** What to do about it. */
export function mendOf(error: unknown): string {
  return error instanceof CromwellError && NOT_ALLOWED.has(error.status)
    ? 'let CROMWELL_AUTHORIZATION be a header that the server, or the proxy before it, accepts'
    : 'let CROMWELL_URL name a Cromwell server that runs';
}

/** For the submission: what Cromwell refuses of it is about this job. */
export function toSubmitError(error: unknown, spec: JobSpec): DomainError {
  if (!(error instanceof CromwellError) || !REFUSALS.has(error.status)) {
    return toSchedulingError(error);
  }
  const words = withoutFolders(withoutHostPaths(error.words, pathsOf(spec.mounts)));
  return jobRefused(`Cromwell refuses the job: ${words}`, error);
}

/** Whether the workflow was certainly not taken; any other answer may be one of a proxy that gave up. */
export function hasRefused(error: unknown): error is CromwellError {
  if (!(error instanceof CromwellError)) return false;
  return REFUSALS.has(error.status) || NOT_ALLOWED.has(error.status);
}

function isElsewhere(status: number): boolean {
  return status < FIRST_ERROR || status === METHOD_NOT_ALLOWED;
}

/** Somebody has to mend a setting before it passes. */
function lasting(message: string, cause: CromwellError): DomainError {
  return new DomainError('BackendUnavailable', message, { retryable: false, cause });
}
