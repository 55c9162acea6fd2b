import type { JobObject, PodObject } from '../../../clients/kubernetes/kubernetes-objects.js';
import type { JobEnding } from './job-ending.js';
import type { StartGrace } from './kubernetes-options.js';
import { workersOf } from './kubernetes-status.js';
import { podWait, type PodWait } from './pod-waiting.js';
import { hasBegun, podsByWorker } from './worker-pods.js';

const MILLISECONDS = 1_000;

/**
 * Why a job that has not ended never will, or nothing while there is hope: the cluster itself waits for
 * ever, be it for an image that does not exist, and one worker that never begins is enough.
 * @param now milliseconds since 1970 by the cluster's clock
 */
export function hopelessEnding(
  job: JobObject,
  pods: readonly PodObject[],
  grace: StartGrace,
  now: number,
): JobEnding | undefined {
  if (job.spec?.suspend === true) return undefined;
  const begun = pods.filter(hasBegun);
  const isPending = (pod: PodObject): boolean =>
    !begun.includes(pod) && pod.metadata.deletionTimestamp === undefined;
  const waits = pods.filter(isPending).map(podWait);
  if (lacksPods(job, pods)) waits.push(waitForPods(job));
  for (const { failure, grace: kind, since, message } of waits) {
    if (failure === undefined || kind === undefined || since === undefined) continue;
    if (now - Date.parse(since) < grace[kind] * MILLISECONDS) continue;
    const words = `given up after waiting for ${grace[kind]} s: ${message}`;
    const timestamp = begun.length > 0 ? new Date(now).toISOString() : '';
    return { reason: failure, message: words, timestamp };
  }
  return undefined;
}

/** Whether neither the Job's counts nor what is seen of its pods account for every worker. */
function lacksPods(job: JobObject, pods: readonly PodObject[]): boolean {
  const { active = 0, succeeded = 0, failed = 0, terminating = 0 } = job.status ?? {};
  const { uncountedTerminatedPods: uncounted } = job.status ?? {};
  const ended = [uncounted?.succeeded, uncounted?.failed].flat().filter(Boolean).length;
  const workers = workersOf(job);
  const isCounted = active + succeeded + failed + terminating + ended >= workers;
  return !isCounted && podsByWorker(pods).size + succeeded < workers;
}

/** Which of both it is stands in the events of the Job only; a quota may be freed again. */
function waitForPods({ status }: JobObject): PodWait {
  return {
    message: 'the cluster does not make its pod, for a quota or an admission rule',
    failure: 'Quota',
    grace: 'scheduling',
    ...(status?.startTime !== undefined && { since: status.startTime }),
  };
}
