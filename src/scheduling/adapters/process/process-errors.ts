import { DomainError } from '../../../shared/domain-error.js';
import { backendError, backendUnavailable, jobRefused } from '../../domain/scheduling-errors.js';

/** Error codes of the system that may pass; source: errno(3). */
const PASSING: Readonly<Record<string, string>> = {
  EAGAIN: 'no more processes can be started on this host now',
  ENOMEM: 'this host has no memory left',
  EMFILE: 'too many files are open',
  ENFILE: 'too many files are open on this host',
  ENOSPC: 'the disk of the job records is full',
  EDQUOT: 'the disk quota of the job records is used up',
  EBUSY: 'a control group of the job is in use',
  EIO: 'the disk of the job records reports errors',
};

/** Codes that an operator has to mend. */
const LASTING: Readonly<Record<string, string>> = {
  EACCES: 'the folder of the job records may not be used by this service',
  EPERM: 'the system does not permit what the job needs',
  EROFS: 'the folder of the job records cannot be written to',
  ENOENT: 'a part of the job records is missing',
};

/** Also true for the error codes of Node itself. */
export function hasErrno(error: unknown, ...codes: readonly string[]): boolean {
  return codes.includes(errnoOf(error));
}

/** Never carries a path of the host: the system's own words do. */
export function toSchedulingError(error: unknown): DomainError {
  if (error instanceof DomainError) return error;
  const code = errnoOf(error);
  const passing = PASSING[code];
  if (passing !== undefined) return backendUnavailable(passing, error);
  const words = LASTING[code] ?? `the process backend failed${code === '' ? '' : ` (${code})`}`;
  return backendError(words, error);
}

/** For the start of a worker. */
export function toLaunchError(error: unknown): DomainError {
  if (hasErrno(error, 'E2BIG')) {
    return jobRefused('the command and its environment are too long for this host', error);
  }
  if (hasErrno(error, 'ERR_INVALID_ARG_VALUE')) {
    return jobRefused('the command and its environment must not contain NUL characters', error);
  }
  return toSchedulingError(error);
}

function errnoOf(error: unknown): string {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : '';
}
