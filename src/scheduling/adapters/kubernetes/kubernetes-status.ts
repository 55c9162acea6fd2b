import type {
  Condition,
  JobObject,
  PodObject,
} from '../../../clients/kubernetes/kubernetes-objects.js';
import { parseWorkers } from '../../domain/own-labels.js';
import type { JobState } from '../../domain/job.js';
import { timeLimitFailure } from '../../domain/time-limit.js';
import { containerState } from './job-container.js';
import { parseEnding } from './job-ending.js';
import { podFailure, terminatedContainer, type JobLimits } from './pod-failure.js';
import { podWait, type PodWait } from './pod-waiting.js';
import { isNodeSilent, SILENT_NODE } from './silent-node.js';
import { hasBegun, workerNumber } from './worker-pods.js';

const HAS_FAILED: ReadonlySet<string> = new Set(['Failed', 'FailureTarget']);
const HAS_SUCCEEDED: ReadonlySet<string> = new Set(['Complete', 'SuccessCriteriaMet']);
/** What is known of a disruption when the pod is gone. */
const DISRUPTED = {
  reason: 'Evicted',
  message:
    'evicted by the cluster: for a pod of higher priority, for its node, or by an administrator',
} as const;
const HAS_ENDED: ReadonlySet<string> = new Set(['Succeeded', 'Failed']);

/**
 * The state of a job: the Job decides, and its pods tell what it has not counted yet, or why. A Job
 * whose status is empty has only not been looked at by its controller.
 * Source: https://kubernetes.io/docs/concepts/workloads/controllers/job/#terminal-job-conditions
 * @param pods of this very Job
 */
export function toJobState(
  job: JobObject,
  pods: readonly PodObject[],
  limits: JobLimits,
): JobState {
  const ending = parseEnding(job.metadata.annotations);
  if (ending !== undefined) return { status: 'finishedWithError', ...ending };
  const { succeeded = 0, failed = 0, active = 0 } = job.status ?? {};
  const conditions = (job.status?.conditions ?? []).filter(({ status }) => status === 'True');
  const failure = conditions.find(({ type }) => HAS_FAILED.has(type));
  if (failure !== undefined) return failedState(job, pods, limits, failure);
  const success = conditions.some(({ type }) => HAS_SUCCEEDED.has(type));
  if (success || succeeded >= workersOf(job)) return succeededState(job, pods);
  if (failed > 0 && active === 0) return failedState(job, pods, limits, undefined);
  return unfinishedState(job, pods, conditions);
}

export function workersOf({ spec, metadata }: JobObject): number {
  return spec?.completions ?? parseWorkers(metadata.annotations ?? {});
}

function succeededState(job: JobObject, pods: readonly PodObject[]): JobState {
  const workers = workersOf(job);
  return {
    status: 'finishedSuccessfully',
    message: workers === 1 ? 'finished successfully' : `all ${workers} workers succeeded`,
    exitCode: 0,
    timestamp: latest(ends(pods)) ?? job.status?.completionTime ?? '',
  };
}

function failedState(
  job: JobObject,
  pods: readonly PodObject[],
  limits: JobLimits,
  condition: Condition | undefined,
): JobState {
  const pod = decisiveFailure(pods);
  const timestamp =
    (pod && endOf(pod)) ?? latest(ends(pods)) ?? condition?.lastTransitionTime ?? '';
  const failed = { status: 'finishedWithError', timestamp } as const;
  if (pod !== undefined) {
    const { message, ...failure } = podFailure(pod, limits);
    const workers = workersOf(job);
    const which = workers === 1 ? '' : `worker ${workerNumber(pod) + 1} of ${workers}: `;
    return { ...failed, ...failure, message: `${which}${message}` };
  }
  if (condition?.reason === 'DeadlineExceeded' && limits.time !== undefined) {
    return { ...failed, ...timeLimitFailure(limits.time) };
  }
  if (condition?.reason === 'PodFailurePolicy') return { ...failed, ...DISRUPTED };
  const reason = 'BackendError';
  return { ...failed, reason, message: 'its pod was removed from the cluster' };
}

/**
 * The pod whose failure has ended the job. The others that still run are ended for it and then removed,
 * so the first by time decides, now and later.
 */
function decisiveFailure(pods: readonly PodObject[]): PodObject | undefined {
  const failed = pods.filter(({ status }) => status?.phase === 'Failed');
  const staying = failed.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  const candidates = staying.length > 0 ? staying : failed;
  return candidates.toSorted((a, b) => time(endOf(a)) - time(endOf(b)))[0];
}

function unfinishedState(
  job: JobObject,
  pods: readonly PodObject[],
  conditions: readonly Condition[],
): JobState {
  const begun = pods.filter(hasBegun);
  const { uncountedTerminatedPods: uncounted, ready = 0 } = job.status ?? {};
  const someEnded = [uncounted?.succeeded, uncounted?.failed].flat().some(Boolean);
  const wait = tellingWait(pods);
  if (begun.length > 0 || someEnded || ready > 0) return runningState(job, begun, wait);
  const waiting = (message: string): JobState => ({ status: 'notstarted', message, timestamp: '' });
  const isSuspended = job.spec?.suspend === true;
  if (isSuspended || conditions.some(({ type }) => type === 'Suspended')) {
    return waiting('held in the queue of the cluster');
  }
  return waiting(wait?.wait.message ?? 'waiting for the cluster to make its pod');
}

interface WorkerWait {
  readonly worker: number;
  readonly wait: PodWait;
}

/** Of all that wait the first that may never begin. */
function tellingWait(pods: readonly PodObject[]): WorkerWait | undefined {
  const waits = pods
    .filter((pod) => !hasBegun(pod))
    .map((pod) => ({ wait: podWait(pod), worker: workerNumber(pod) }))
    .toSorted((a, b) => a.worker - b.worker);
  return waits.find(({ wait }) => wait.failure !== undefined) ?? waits[0];
}

function runningState(
  job: JobObject,
  begun: readonly PodObject[],
  waiting: WorkerWait | undefined,
): JobState {
  const workers = workersOf(job);
  const lost = begun.some(isNodeSilent);
  const ended = begun.filter(({ status }) => HAS_ENDED.has(status?.phase ?? '')).length;
  const words = workers === 1 ? 'running' : `${ended} of ${workers} workers have finished`;
  const { worker = 0, wait } = waiting ?? {};
  const also = wait?.failure === undefined ? '' : `; worker ${worker + 1} waits: ${wait.message}`;
  return {
    status: 'started',
    message: (lost ? SILENT_NODE : words) + also,
    timestamp: earliest(begun.map(startOf)) ?? job.status?.startTime ?? '',
  };
}

function startOf(pod: PodObject): string | undefined {
  const state = containerState(pod);
  return state?.running?.startedAt ?? state?.terminated?.startedAt ?? pod.status?.startTime;
}

function endOf(pod: PodObject): string | undefined {
  return terminatedContainer(pod)?.finishedAt ?? undefined;
}

function ends(pods: readonly PodObject[]): (string | undefined)[] {
  return pods.map(endOf);
}

function time(text: string | undefined): number {
  return text === undefined ? Number.MAX_SAFE_INTEGER : Date.parse(text);
}

function inOrder(times: readonly (string | undefined)[]): string[] {
  return times.filter((text) => text !== undefined).toSorted((a, b) => time(a) - time(b));
}

function earliest(times: readonly (string | undefined)[]): string | undefined {
  return inOrder(times)[0];
}

function latest(times: readonly (string | undefined)[]): string | undefined {
  return inOrder(times).at(-1);
}
