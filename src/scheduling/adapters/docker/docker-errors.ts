import { EngineError } from '../../../clients/docker-engine/engine-error.js';
import { DomainError } from '../../../shared/domain-error.js';
import type { JobSpec } from '../../domain/job-spec.js';
import {
  imageUnavailable,
  jobRefused,
  nameInTransit,
  nameTaken,
} from '../../domain/scheduling-errors.js';
import {
  NO_ROOM,
  engineFull,
  toSchedulingError,
  transientBackendError,
  withoutHostPaths,
} from '../docker-api/engine-errors.js';
import {
  isLastingStartFailure,
  isPassingStartFailure,
  isTooLittleMemory,
} from './start-failures.js';

/** Podman 4 answers a duplicate name with a 500 and these words. */
const NAME_IN_USE = /\bname\b.*\bis already in use\b/i;
/** Docker says 404 to a create; Podman also 500. */
const NO_SUCH_IMAGE = /no such image|image not known|unable to find image/i;

/** A registry that is busy or out of order for the moment. */
const PASSING_REFUSAL =
  /too ?many ?requests|\b(?:429|50[0234])\b|service unavailable|bad gateway|time-?out|timed out|reset by peer|broken pipe|\bEOF\b/i;

export function isNameInUse(error: unknown): boolean {
  return (
    error instanceof EngineError &&
    (error.status === 409 || (error.status === 500 && NAME_IN_USE.test(error.words)))
  );
}

export function isImageMissing(error: unknown): boolean {
  return (
    error instanceof EngineError &&
    (error.status === 404 || (error.status === 500 && NO_SUCH_IMAGE.test(error.words)))
  );
}

/** For the creation of a container: what the engine refuses is the job's fault. */
export function toCreateError(error: unknown, spec: JobSpec, everAnswered: boolean): DomainError {
  if (!(error instanceof EngineError) || error.status === undefined) {
    return toSchedulingError(error, everAnswered);
  }
  if (NO_ROOM.test(error.words)) return engineFull(error, spec);
  if (isNameInUse(error)) return nameTaken(spec.name);
  if (isImageMissing(error)) return imageVanished(spec, error);
  if (error.status >= 500) return transientBackendError(error);
  return jobRefused(
    `the container engine refuses the job: ${withoutHostPaths(error.words, spec)}`,
    error,
  );
}

/** For the start: what the engine says is about this job's command, devices or mounts, or may pass. */
export function toStartError(error: unknown, spec: JobSpec, everAnswered: boolean): DomainError {
  if (!(error instanceof EngineError) || error.status === undefined) {
    return toSchedulingError(error, everAnswered);
  }
  if (NO_ROOM.test(error.words)) return engineFull(error, spec);
  if (isBeingRemoved(error)) return nameInTransit(spec.name);
  if (isTooLittleMemory(error.words, spec.memoryLimit)) return tooLittleMemory(spec, error);
  if (mayPass(error)) return transientBackendError(error);
  return jobRefused(
    `the container engine cannot start the job: ${withoutHostPaths(error.words, spec)}`,
    error,
  );
}

function tooLittleMemory(spec: JobSpec, error: EngineError): DomainError {
  const message =
    `the container engine cannot start the job, most likely because ${spec.memoryLimit} MiB of ` +
    `memory are too little: ${withoutHostPaths(error.words, spec)}`;
  return jobRefused(message, error);
}

/** Somebody has removed it before its start: the next attempt makes another one. */
function isBeingRemoved({ status, words }: EngineError): boolean {
  return (status === 404 && /no such container/i.test(words)) || /marked for removal/i.test(words);
}

/** An engine that blames the request does not change its mind, unless it says so. */
function mayPass({ status = 500, words }: EngineError): boolean {
  return isPassingStartFailure(words) || (status >= 500 && !isLastingStartFailure(words));
}

export function toPullError(error: unknown, spec: JobSpec, everAnswered: boolean): DomainError {
  if (!(error instanceof EngineError) || error.status === undefined) {
    return toSchedulingError(error, everAnswered);
  }
  if (NO_ROOM.test(error.words)) return engineFull(error, spec);
  if (!PASSING_REFUSAL.test(error.words)) {
    return imageUnavailable(spec.image, error.words, error);
  }
  const message = `image ${spec.image} is not available: ${error.words}`;
  return new DomainError('ImageUnavailable', message, { retryable: true, cause: error });
}

/** It was there a moment ago: the next attempt pulls it. */
function imageVanished({ image }: JobSpec, error: EngineError): DomainError {
  const message = `image ${image} is not available: ${error.words}`;
  return new DomainError('ImageUnavailable', message, { retryable: true, cause: error });
}
