import { KubernetesError } from '../../../clients/kubernetes/kubernetes-error.js';
import { DomainError } from '../../../shared/domain-error.js';
import { INPUT_TARGET, OUTPUT_TARGET } from '../../../storage/domain/mounts.js';
import type { JobSpec } from '../../domain/job-spec.js';
import { backendError, backendUnavailable, jobRefused } from '../../domain/scheduling-errors.js';

/**
 * What no wait mends: the registry knows no such image, or does not give it to us. All else may be of
 * the moment, such as a network or a registry that is away; the words of nodes for that are many.
 */
const DEFINITE_REFUSAL =
  /not found|notfound|(?:manifest|name) unknown|unauthorized|authentication required|authorization failed|forbidden|denied|does not exist|invalid reference|couldn't parse image|pull policy of never/i;
/** What a registry that is out of order may say beside such a word. */
const PASSING_REFUSAL = /\b(?:429|50[0234])\b|too ?many ?requests/i;
const QUOTED = /"[^"]*"/g;

/** A rule of the cluster for what may be made in it: no right of ours is missing. */
const POLICY = /violates|denied (?:the )?request|security context|failed quota/i;
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
    if (status === 403 && /exceeded quota/i.test(words)) {
      return backendUnavailable(`the cluster says: ${words}`, error);
    }
    const isPolicy = status === 403 && POLICY.test(words);
    if (status === 422 || status === 400 || status === 413 || isPolicy) {
      const why = withoutHostPaths(words, spec);
      return jobRefused(`the cluster refuses the job: ${why}`, error);
    }
  }
  return toSchedulingError(error, everAnswered);
}

/** Whether a later attempt of the node may have the image. @param words of the node */
export function isPassingPullRefusal(words: string): boolean {
  const own = words.replaceAll(QUOTED, '');
  return PASSING_REFUSAL.test(own) || !DEFINITE_REFUSAL.test(own);
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
