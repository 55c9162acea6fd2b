import { DomainError } from '../../shared/domain-error.js';
import type { JobName } from './job-name.js';

export function jobNotFound(name: JobName): DomainError {
  return new DomainError('JobNotFound', `there is no job "${name}"`);
}

export function nameTaken(name: JobName): DomainError {
  return new DomainError(
    'NameTaken',
    `the name "${name}" is taken by something that is not a job of this service`,
  );
}

/** Something of that name is being made or removed: what it is shows when that is done. */
export function nameInTransit(name: JobName): DomainError {
  return new DomainError('BackendBusy', `something named "${name}" is being made or removed`, {
    retryable: true,
  });
}

export function jobConflict(name: JobName): DomainError {
  return new DomainError(
    'JobConflict',
    `a job "${name}" with another specification exists; delete it first or choose another jid`,
  );
}

/** The backend did not answer, or said that it cannot now. */
export function backendUnavailable(message: string, cause?: unknown): DomainError {
  return new DomainError('BackendUnavailable', message, { retryable: true, cause });
}

/** The backend answered with an error that is neither the client's fault nor known to pass. */
export function backendError(message: string, cause?: unknown): DomainError {
  return new DomainError('BackendError', message, { cause });
}

/** The backend refused to run the job, in its own words. */
export function jobRefused(message: string, cause?: unknown): DomainError {
  return new DomainError('JobRefused', message, { cause });
}

export function imageUnavailable(image: string, words: string, cause?: unknown): DomainError {
  return new DomainError('ImageUnavailable', `image ${image} is not available: ${words}`, {
    cause,
  });
}
