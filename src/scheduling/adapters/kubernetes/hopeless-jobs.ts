import type { JobObject, PodObject } from '../../../clients/kubernetes/kubernetes-objects.js';
import type { JobEnding } from './job-ending.js';
import type { StartGrace } from './kubernetes-options.js';
import { podWait, type PodWait } from './pod-waiting.js';

const MILLISECONDS = 1_000;

/**
 * Why a job that has not begun never will, or nothing while there is hope: the cluster itself waits
 * for ever, be it for an image that does not exist.
 * @param now milliseconds since 1970 by the cluster's clock
 */
export function hopelessEnding(
  job: JobObject,
  pods: readonly PodObject[],
  grace: StartGrace,
  now: number,
): JobEnding | undefined {
  if (job.spec?.suspend === true) return undefined;
  const waits = pods.length > 0 ? pods.map(podWait) : [waitForPods(job)];
  for (const { failure, grace: kind, since, message } of waits) {
    if (failure === undefined || kind === undefined || since === undefined) continue;
    if (now - Date.parse(since) < grace[kind] * MILLISECONDS) continue;
    const words = `given up after waiting for ${grace[kind]} s: ${message}`;
    return { reason: failure, message: words, timestamp: '' };
  }
  return undefined;
}

/** The reason is in the events of the Job only. */
function waitForPods({ status }: JobObject): PodWait {
  return {
    message: 'the cluster does not make its pod, for a quota or an admission rule',
    failure: 'Quota',
    grace: 'start',
    ...(status?.startTime !== undefined && { since: status.startTime }),
  };
}
