import type {
  Condition,
  ContainerStatus,
  PodObject,
} from '../../../clients/kubernetes/kubernetes-objects.js';
import type { FailureReason } from '../../domain/failure-reason.js';
import { runtimeWords } from './container-words.js';
import { CONTAINER, containerState } from './job-container.js';
import type { StartGrace } from './kubernetes-options.js';

/** What a pod waits for. */
export interface PodWait {
  /** A sentence without a full stop. */
  readonly message: string;
  /** What it is a failure of when it goes on for too long; absent: it may take as long as it likes. */
  readonly failure?: FailureReason;
  /** Which grace counts. */
  readonly grace?: keyof StartGrace;
  /** ISO 8601: since when. */
  readonly since?: string;
  /** True where the image cannot be had, as far as anybody knows now. */
  readonly isImageMissing?: true;
  /** The words of the cluster itself. */
  readonly details?: string;
}

interface Meaning {
  readonly words: string;
  /** Said of a container that is not the job's own. */
  readonly ofOther?: string;
  readonly failure?: FailureReason;
}

const IMAGE = {
  words: 'its image cannot be pulled',
  ofOther: 'the image cannot be pulled',
  failure: 'ImagePull',
} as const;
const CONFIGURATION = {
  words: 'its container cannot be made',
  ofOther: 'it cannot be made',
  failure: 'BackendError',
} as const;

/**
 * `state.waiting.reason` of a container.
 * Source: k8s.io/kubernetes `pkg/kubelet/images/types.go`, `pkg/kubelet/kuberuntime`.
 */
export const WAITING_REASONS: ReadonlyMap<string, Meaning> = new Map(
  Object.entries({
    ContainerCreating: { words: 'its image is pulled or its container made' },
    PodInitializing: { words: 'its pod is made ready' },
    ErrImagePull: IMAGE,
    ImagePullBackOff: IMAGE,
    ErrImageNeverPull: IMAGE,
    InvalidImageName: IMAGE,
    ImageInspectError: IMAGE,
    RegistryUnavailable: IMAGE,
    SignatureValidationFailed: IMAGE,
    CreateContainerConfigError: CONFIGURATION,
    CreateContainerError: CONFIGURATION,
    RunContainerError: CONFIGURATION,
  } satisfies Record<string, Meaning>),
);

/** Says what a pod waits for that has not begun. */
export function podWait(pod: PodObject): PodWait {
  const scheduled = conditionOf(pod, 'PodScheduled');
  if (scheduled?.status !== 'True') return waitForNode(pod, scheduled);
  const since = scheduled.lastTransitionTime ?? pod.metadata.creationTimestamp;
  return { ...waitOnNode(pod), ...(since !== undefined && { since }) };
}

function waitOnNode(pod: PodObject): PodWait {
  const { reason = '', message } = containerState(pod)?.waiting ?? {};
  const meaning = WAITING_REASONS.get(reason);
  if (meaning?.failure !== undefined) {
    const wait = failingWait(meaning.words, meaning.failure, runtimeWords(message) || reason);
    return { ...wait, ...(meaning.failure === 'ImagePull' && { isImageMissing: true }) };
  }
  const other = waitOfOther(pod);
  if (other !== undefined) return other;
  if (conditionOf(pod, 'PodReadyToStartContainers')?.status === 'False') {
    const words = 'its node mounts its directories and makes its pod';
    return { message: words, failure: 'MountFailed', grace: 'start' };
  }
  return { message: meaning?.words ?? 'its node prepares it' };
}

/** Of the containers that the cluster has put in front of the job's own, or beside it. */
function waitOfOther({ status }: PodObject): PodWait | undefined {
  const others = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
  return others.map(waitFor).find((wait) => wait !== undefined);
}

function waitFor({ name, state }: ContainerStatus): PodWait | undefined {
  const { reason = '', message } = state?.waiting ?? {};
  const { ofOther, failure } = WAITING_REASONS.get(reason) ?? {};
  if (name === CONTAINER || ofOther === undefined || failure === undefined) return undefined;
  return failingWait(
    `of its container "${name}" ${ofOther}`,
    failure,
    runtimeWords(message) || reason,
  );
}

function conditionOf({ status }: PodObject, type: string): Condition | undefined {
  return status?.conditions?.find((condition) => condition.type === type);
}

function failingWait(words: string, failure: FailureReason, details: string): PodWait {
  return {
    message: `${words}: ${details}`,
    failure,
    grace: 'start',
    details,
  };
}

function waitForNode(pod: PodObject, scheduled: Condition | undefined): PodWait {
  if (scheduled?.reason === 'SchedulingGated') return { message: 'held back by a scheduling gate' };
  if (scheduled?.reason !== 'Unschedulable') return { message: 'waiting for a node' };
  const since = pod.metadata.creationTimestamp;
  const details = scheduled.message?.trim().replace(/\.$/, '') ?? '';
  return {
    message: `no node can take it now${details === '' ? '' : `: ${details}`}`,
    failure: 'Unschedulable',
    grace: 'scheduling',
    ...(since !== undefined && { since }),
    details,
  };
}
