import type { JobObject, PodObject } from '../../../clients/kubernetes/kubernetes-objects.js';
import { containerState } from './job-container.js';

/** Beside `batch.kubernetes.io/job-name`, which clusters before 1.27 lack. */
export const JOB_NAME_LABEL = 'job-name';
const INDEX = 'batch.kubernetes.io/job-completion-index';

/** From 0. */
export function workerNumber({ metadata: { annotations = {}, labels = {} } }: PodObject): number {
  const index = Number(annotations[INDEX] ?? labels[INDEX]);
  return Number.isSafeInteger(index) && index >= 0 ? index : 0;
}

export function isPodOf(job: JobObject, { metadata }: PodObject): boolean {
  return (metadata.ownerReferences ?? []).some(({ uid }) => uid === job.metadata.uid);
}

/** Whether the job's own container runs in it, or has run. */
export function hasBegun(pod: PodObject): boolean {
  const state = containerState(pod);
  const { phase } = pod.status ?? {};
  const hasRun = state?.running !== undefined || state?.terminated !== undefined;
  return hasRun || (phase !== undefined && phase !== 'Pending');
}

/** A job's pods by the number of the worker; of several for one the newest. */
export function podsByWorker(pods: readonly PodObject[]): ReadonlyMap<number, PodObject> {
  const oldestFirst = pods.toSorted((a, b) => createdAt(a) - createdAt(b));
  return new Map(oldestFirst.map((pod) => [workerNumber(pod), pod]));
}

function createdAt({ metadata }: PodObject): number {
  return Date.parse(metadata.creationTimestamp ?? '') || 0;
}
