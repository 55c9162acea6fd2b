import { EngineError } from '../../../clients/docker-engine/engine-error.js';
import { DomainError } from '../../../shared/domain-error.js';
import { pathsOf, withoutHostPaths } from '../../domain/host-paths.js';
import type { JobSpec } from '../../domain/job-spec.js';
import { backendUnavailable, jobRefused } from '../../domain/scheduling-errors.js';
import { toSchedulingError } from '../docker-api/engine-errors.js';

/**
 * The engine cannot answer for a swarm, and only its operator can change that. An engine that is "not a
 * swarm manager" because its "manager is being prepared" is one by itself a moment later.
 * Source: moby daemon/cluster, `errNoManager`.
 */
const NO_MANAGER =
  /docker swarm init|worker nodes can't|needs to be unlocked|certificates have expired|not part of a swarm/i;
const UNAVAILABLE_STATUS = 503;
const NO_QUORUM =
  /no leader|does not have a leader|context deadline exceeded|rpc error: code = (?:Unavailable|DeadlineExceeded)|raft/i;

export function isNameTaken(error: unknown): boolean {
  return error instanceof EngineError && error.status === 409;
}

/** Of an update of a service that somebody else has updated in between. */
export function isOutOfSequence(error: unknown): boolean {
  return error instanceof EngineError && /out of sequence/i.test(error.words);
}

/** For every call. @param everAnswered whether the engine has been seen at all */
export function toSwarmError(error: unknown, everAnswered: boolean): DomainError {
  if (error instanceof EngineError && error.status !== undefined) {
    if (NO_MANAGER.test(error.words)) {
      const message = `the swarm cannot be asked: ${error.words}`;
      return new DomainError('BackendUnavailable', message, { retryable: false, cause: error });
    }
    if (error.status === UNAVAILABLE_STATUS || NO_QUORUM.test(error.words)) {
      return backendUnavailable(`the swarm cannot act now: ${error.words}`, error);
    }
  }
  return toSchedulingError(error, everAnswered);
}

/** For the creation of a service: what the swarm refuses is the job's fault. */
export function toCreateError(error: unknown, spec: JobSpec, everAnswered: boolean): DomainError {
  const translated = toSwarmError(error, everAnswered);
  if (
    !(error instanceof EngineError) ||
    error.status === undefined ||
    translated.code === 'BackendUnavailable'
  ) {
    return translated;
  }
  const words = withoutHostPaths(error.words, pathsOf(spec.mounts));
  if (error.status >= 500) {
    return new DomainError('BackendError', `the swarm says: ${words}`, {
      retryable: true,
      cause: error,
    });
  }
  return jobRefused(`the swarm refuses the job: ${words}`, error);
}
