import { KubernetesError } from '../../../clients/kubernetes/kubernetes-error.js';
import { DomainError } from '../../../shared/domain-error.js';
import { INPUT_TARGET, OUTPUT_TARGET } from '../../../storage/domain/mounts.js';
import type { JobSpec } from '../../domain/job-spec.js';
import { backendError, backendUnavailable, jobRefused } from '../../domain/scheduling-errors.js';

/** A registry that is busy or out of order for the moment. */
const PASSING_REFUSAL =
  /too ?many ?requests|\b(?:429|50[0234])\b|service unavailable|bad gateway|time-?out|timed out|reset by peer|unexpected EOF/i;

/** What the API server refuses for a reason that may pass: a quota is full, a name is being freed. */
const PASSING_STATUS: ReadonlySet<number> = new Set([408, 409, 429, 500, 502, 503, 504]);

/** Awaits an answer of the cluster. @throws DomainError in the place of what the client throws */
export async function asSchedulingError<T>(
  answer: Promise<T>,
  everAnswered: () => boolean,
): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    throw toSchedulingError(error, everAnswered());
  }
}

/** For look-ups and removals. @param everAnswered whether the cluster has been seen at all */
export function toSchedulingError(error: unknown, everAnswered: boolean): DomainError {
  if (error instanceof DomainError) return error;
  if (!(error instanceof KubernetesError)) {
    return backendError('the client of the cluster failed', error);
  }
  const { status, words } = error;
  if (status === undefined) return unanswered(error, everAnswered);
  // The words of the others name the service's own account.
  if (status === 401) return backendError('the cluster does not accept our credentials', error);
  if (status === 403) return backendError('this service lacks a right in the cluster', error);
  if (PASSING_STATUS.has(status)) {
    return backendUnavailable(`the cluster says: ${words}`, error);
  }
  return backendError(`the cluster says: ${words}`, error);
}

/** For the creation of a Job: what the cluster finds wrong with it is the job's fault. */
export function toCreateError(error: unknown, spec: JobSpec, everAnswered: boolean): DomainError {
  if (error instanceof KubernetesError) {
    const { status, words } = error;
    const isQuota = status === 403 && /quota/i.test(words);
    const isPolicy = status === 403 && /violates|denied the request|security context/i.test(words);
    if (status === 422 || status === 400 || status === 413 || isQuota || isPolicy) {
      const why = withoutHostPaths(words, spec);
      return jobRefused(`the cluster refuses the job: ${why}`, error);
    }
  }
  return toSchedulingError(error, everAnswered);
}

export function isPassingPullRefusal(words: string): boolean {
  return PASSING_REFUSAL.test(words);
}

/** Clients learn where the store lies from nothing else, so an error does not tell them either. */
export function withoutHostPaths(words: string, { mounts }: JobSpec): string {
  return [[mounts.input.path, INPUT_TARGET] as const, [mounts.output.path, OUTPUT_TARGET] as const]
    .toSorted(([a], [b]) => b.length - a.length)
    .reduce((text, [path, target]) => text.replaceAll(path, target), words);
}

/** A cluster that was never seen is not waited for: nothing is passing about it. */
function unanswered(error: KubernetesError, everAnswered: boolean): DomainError {
  if (everAnswered || error.mayHaveActed) return backendUnavailable(error.words, error);
  return new DomainError('BackendUnavailable', error.words, { retryable: false, cause: error });
}
