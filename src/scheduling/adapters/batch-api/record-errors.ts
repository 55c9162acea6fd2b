import { DomainError } from '../../../shared/domain-error.js';
import { backendUnavailable } from '../../domain/scheduling-errors.js';

/** What a signal ends. */
const ENDED_WAITS: ReadonlySet<string> = new Set(['AbortError', 'TimeoutError', 'WaitEnded']);

/** For what is no answer of the batch system: the system's own words carry paths of the host. */
export function toRecordError(error: unknown): DomainError {
  if (error instanceof DomainError) return error;
  if (error instanceof Error && ENDED_WAITS.has(error.name)) {
    return backendUnavailable('the batch system has not done it in time', error);
  }
  return backendUnavailable('the folder of the job records cannot be used', error);
}
