import type {
  PodObject,
  TerminatedContainer,
} from '../../../clients/kubernetes/kubernetes-objects.js';
import type { Seconds } from '../../../shared/units.js';
import { explainExitCode, type FailureReason } from '../../domain/failure-reason.js';
import { timeLimitFailure } from '../../domain/time-limit.js';
import { runtimeWords } from './container-words.js';
import { CONTAINER, containerState } from './job-container.js';

/** What of a job tells why a pod of it has failed. */
export interface JobLimits {
  /** A quantity of Kubernetes, such as `100Mi`. */
  readonly memory: string | undefined;
  readonly time: Seconds | undefined;
}

export interface PodFailure {
  readonly reason: FailureReason;
  /** A sentence without a full stop. */
  readonly message: string;
  readonly exitCode?: number;
}

interface Meaning {
  readonly reason: FailureReason;
  readonly words: string;
}

/**
 * `status.reason` of a pod that the cluster has ended.
 * Source: k8s.io/kubernetes `pkg/kubelet/{eviction,preemption,nodeshutdown,lifecycle}`, `pkg/util/node`.
 */
export const POD_REASONS: ReadonlyMap<string, Meaning> = new Map(
  Object.entries({
    Evicted: { reason: 'Evicted', words: 'evicted by its node' },
    Preempting: { reason: 'Preempted', words: 'preempted by a pod of higher priority' },
    NodeLost: { reason: 'NodeLost', words: 'its node was lost' },
    NodeShutdown: { reason: 'NodeLost', words: 'its node was shut down' },
    Shutdown: { reason: 'NodeLost', words: 'its node was shut down' },
    Terminated: { reason: 'NodeLost', words: 'its node was shut down' },
    NodeAffinity: { reason: 'Unschedulable', words: 'its node does not suit it' },
    OutOfcpu: { reason: 'Unschedulable', words: 'its node has no cpu left' },
    OutOfmemory: { reason: 'Unschedulable', words: 'its node has no memory left' },
    OutOfpods: { reason: 'Unschedulable', words: 'its node takes no more pods' },
    UnexpectedAdmissionError: { reason: 'DeviceUnavailable', words: 'its node refuses it' },
  } as const),
);

/**
 * Reasons of the condition DisruptionTarget.
 * Source: https://kubernetes.io/docs/concepts/workloads/pods/disruptions/#pod-disruption-conditions
 */
export const DISRUPTIONS: ReadonlyMap<string, Meaning> = new Map(
  Object.entries({
    PreemptionByScheduler: { reason: 'Preempted', words: 'preempted by a pod of higher priority' },
    DeletionByTaintManager: { reason: 'NodeLost', words: 'its node was lost' },
    DeletionByPodGC: { reason: 'NodeLost', words: 'its node is gone' },
    EvictionByEvictionAPI: { reason: 'Evicted', words: 'evicted' },
    TerminationByKubelet: { reason: 'Evicted', words: 'ended by its node' },
  } as const),
);

/** Reasons of a terminated container that could not be started. */
const NOT_STARTED: ReadonlySet<string> = new Set(['StartError', 'ContainerCannotRun']);
/** The node came back and knows nothing of the container any more. */
const NOT_KNOWN = 'ContainerStatusUnknown';

/** Why a pod has failed. */
export function podFailure(pod: PodObject, limits: JobLimits): PodFailure {
  const ended = terminatedContainer(pod);
  const exit = ended === undefined ? {} : { exitCode: ended.exitCode };
  if (pod.status?.reason === 'DeadlineExceeded' && limits.time !== undefined) {
    return { ...exit, ...timeLimitFailure(limits.time) };
  }
  const disruption = disruptionOf(pod);
  if (disruption !== undefined) return { ...exit, ...disruption };
  if (ended !== undefined && ended.exitCode !== 0) return containerFailure(ended, limits);
  return otherFailure(pod) ?? (ended ? containerFailure(ended, limits) : clusterFailure(pod));
}

/** That the cluster has ended it, for a reason that it names. */
function disruptionOf({ status }: PodObject): PodFailure | undefined {
  const disruption = (status?.conditions ?? []).find(
    ({ type, status: value }) => type === 'DisruptionTarget' && value === 'True',
  );
  const meaning =
    POD_REASONS.get(status?.reason ?? '') ?? DISRUPTIONS.get(disruption?.reason ?? '');
  if (meaning === undefined) return undefined;
  const details = status?.message ?? disruption?.message;
  return { reason: meaning.reason, message: withDetails(meaning.words, details) };
}

function clusterFailure({ status: { reason, message } = {} }: PodObject): PodFailure {
  const words = withDetails('the cluster ended it', [reason, message].filter(Boolean).join(': '));
  return { reason: 'BackendError', message: words };
}

/** What failed was put into the pod by the cluster, not by the job. */
function otherFailure({ status }: PodObject): PodFailure | undefined {
  const others = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
  for (const { name, state } of others) {
    const { exitCode = 0 } = state?.terminated ?? {};
    if (name === CONTAINER || exitCode === 0) continue;
    const words = `a container that the cluster has put into its pod, "${name}", exited with code`;
    return { reason: 'BackendError', message: `${words} ${exitCode}` };
  }
  return undefined;
}

function containerFailure(ended: TerminatedContainer, { memory }: JobLimits): PodFailure {
  const { exitCode, reason = '', message } = ended;
  if (reason === 'OOMKilled') {
    const limit = memory === undefined ? '' : ` (limit ${memory.replace(/Mi$/, ' MiB')})`;
    const words = `killed because it ran out of memory${limit}`;
    return { exitCode, reason: 'OutOfMemory', message: words };
  }
  if (NOT_STARTED.has(reason)) {
    const words = withDetails('the cluster cannot start it', runtimeWords(message));
    return { exitCode, reason: 'BadCommand', message: words };
  }
  if (reason === NOT_KNOWN) {
    return { exitCode, reason: 'NodeLost', message: 'its node was restarted and lost it' };
  }
  if (exitCode === 0) return { exitCode, reason: 'Cancelled', message: 'it was removed' };
  return { exitCode, ...explainExitCode(exitCode) };
}

export function terminatedContainer(pod: PodObject): TerminatedContainer | undefined {
  return containerState(pod)?.terminated;
}

/** Whether the job's own program never ran: what is wrong is the request. */
export function couldNotStart(pod: PodObject): boolean {
  return NOT_STARTED.has(terminatedContainer(pod)?.reason ?? '');
}

function withDetails(words: string, details: string | undefined): string {
  const text = details?.trim().replace(/\.$/, '') ?? '';
  return text === '' ? words : `${words}: ${text}`;
}
