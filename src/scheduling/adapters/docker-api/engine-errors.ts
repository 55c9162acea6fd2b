import type { DockerEngine } from '../../../clients/docker-engine/docker-engine.js';
import { EngineError } from '../../../clients/docker-engine/engine-error.js';
import { DomainError } from '../../../shared/domain-error.js';
import { INPUT_TARGET, OUTPUT_TARGET } from '../../../storage/domain/mounts.js';
import type { JobSpec } from '../../domain/job-spec.js';
import { backendError, backendUnavailable } from '../../domain/scheduling-errors.js';

/** The host's words, wherever in the engine's they stand. */
export const NO_ROOM = /no space left on device|disk quota exceeded/i;

/** Awaits an answer of the engine. @throws DomainError in the place of what the client throws */
export async function asSchedulingError<T>(engine: DockerEngine, answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    throw toSchedulingError(error, engine.hasAnswered);
  }
}

/** For look-ups, stops and removals. @param everAnswered whether the engine has been seen at all */
export function toSchedulingError(error: unknown, everAnswered: boolean): DomainError {
  if (error instanceof DomainError) return error;
  if (!(error instanceof EngineError))
    return backendError('the container engine client failed', error);
  if (error.status === undefined) return unanswered(error, everAnswered);
  return backendError(`the container engine says: ${error.words}`, error);
}

/** No fault of the job; and no attempt within its request would find more room. */
export function engineFull(error: EngineError, spec: JobSpec): DomainError {
  const message = `the container engine has no room: ${withoutHostPaths(error.words, spec)}`;
  return new DomainError('BackendBusy', message, { cause: error });
}

/** Clients learn where the store lies from nothing else, so an error does not tell them either. */
export function withoutHostPaths(words: string, { mounts }: JobSpec): string {
  return [[mounts.input.path, INPUT_TARGET] as const, [mounts.output.path, OUTPUT_TARGET] as const]
    .toSorted(([a], [b]) => b.length - a.length)
    .reduce((text, [path, target]) => text.replaceAll(path, target), words);
}

/** An engine that was never seen is not waited for: nothing is passing about it. */
function unanswered(error: EngineError, everAnswered: boolean): DomainError {
  if (everAnswered || error.mayHaveActed) return backendUnavailable(error.words, error);
  return new DomainError('BackendUnavailable', error.words, { retryable: false, cause: error });
}

export function transientBackendError(error: EngineError): DomainError {
  const message = `the container engine says: ${error.words}`;
  return new DomainError('BackendError', message, { retryable: true, cause: error });
}
