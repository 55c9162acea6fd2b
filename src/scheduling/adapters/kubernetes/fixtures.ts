import type {
  ContainerState,
  JobObject,
  JobObjectStatus,
  PodObject,
} from '../../../clients/kubernetes/kubernetes-objects.js';
import { MANAGED_BY, OWN_LABELS } from '../../domain/own-labels.js';
import type { KubernetesOptions } from './kubernetes-options.js';

/** Objects of a cluster for tests, as small as the cluster would make them. */
const JOB_UID = 'uid-of-the-job';
const OWN_CONTAINER = { name: 'job', image: 'local/probe:1', args: ['echo', '$$HOME'] };
/** What a mesh puts into every pod; the cluster sorts containers by their names. */
const PROXY = { name: 'istio-proxy', image: 'istio/proxyv2', args: ['proxy', 'sidecar'] };

/** A deployment that decides nothing. */
export function kubernetesOptions(changes: Partial<KubernetesOptions> = {}): KubernetesOptions {
  return {
    profile: 'kubernetes',
    imageEntrypoint: 'keep',
    imagePullPolicy: undefined,
    imagePullSecrets: [],
    nodeSelector: {},
    tolerations: [],
    affinity: undefined,
    priorityClass: undefined,
    serviceAccount: undefined,
    fsGroup: undefined,
    gpuResource: 'nvidia.com/gpu',
    requestPercent: 100,
    timeToLive: undefined,
    kueueQueue: undefined,
    grace: { start: 600, scheduling: 86_400 },
    ...changes,
  };
}

interface JobFixture {
  readonly status?: JobObjectStatus;
  readonly workers?: number;
  readonly suspend?: boolean;
  readonly annotations?: Readonly<Record<string, string>>;
}

export function jobObject({
  status = {},
  workers = 1,
  suspend = false,
  annotations = {},
}: JobFixture = {}): JobObject {
  return {
    metadata: {
      name: 'job-1',
      uid: JOB_UID,
      resourceVersion: '7',
      labels: { [OWN_LABELS.managedBy]: MANAGED_BY },
      annotations: {
        [OWN_LABELS.jid]: 'job-1',
        [OWN_LABELS.specHash]: '0123abcd',
        [OWN_LABELS.image]: 'local/probe:1',
        ...annotations,
      },
    },
    spec: {
      completions: workers,
      suspend,
      template: { spec: { containers: [PROXY, OWN_CONTAINER] } },
    },
    status,
  };
}

interface PodFixture {
  readonly worker?: number;
  readonly state?: ContainerState;
  readonly isBeingRemoved?: boolean;
}

export function podObject(
  status: PodObject['status'] = {},
  { worker = 0, state, isBeingRemoved = false }: PodFixture = {},
): PodObject {
  return {
    metadata: {
      name: `job-1-${worker}-abcde`,
      uid: `uid-of-pod-${worker}`,
      resourceVersion: '8',
      creationTimestamp: '2026-01-01T00:00:00Z',
      ...(isBeingRemoved && { deletionTimestamp: '2026-01-01T00:00:09Z' }),
      annotations: { 'batch.kubernetes.io/job-completion-index': String(worker) },
      ownerReferences: [{ uid: JOB_UID }],
    },
    status: { ...status, ...(state && { containerStatuses: [{ name: 'job', state }] }) },
  };
}

/** A pod whose container has ended with a code. */
export function endedPod(
  exitCode: number,
  { worker = 0, reason, message, at = '2026-01-01T00:00:05Z', isBeingRemoved = false }: Ended = {},
): PodObject {
  const terminated = {
    exitCode,
    finishedAt: at,
    startedAt: '2026-01-01T00:00:01Z',
    ...(reason !== undefined && { reason }),
    ...(message !== undefined && { message }),
  };
  const phase = exitCode === 0 ? 'Succeeded' : 'Failed';
  return podObject({ phase }, { worker, isBeingRemoved, state: { terminated } });
}

interface Ended {
  readonly worker?: number;
  readonly reason?: string;
  readonly message?: string;
  readonly at?: string;
  readonly isBeingRemoved?: boolean;
}

/** A pod that waits on its node. */
export function waitingPod(reason: string, message?: string): PodObject {
  return podObject(
    { phase: 'Pending', conditions: [SCHEDULED] },
    { state: { waiting: { reason, ...(message !== undefined && { message }) } } },
  );
}

export const SCHEDULED = {
  type: 'PodScheduled',
  status: 'True',
  lastTransitionTime: '2026-01-01T00:00:00Z',
} as const;

/** The same pod with a container beside the job's own, which the cluster names first. */
export function withSidecar(pod: PodObject, state: ContainerState): PodObject {
  const own = pod.status?.containerStatuses ?? [];
  const containerStatuses = [{ name: 'istio-proxy', state }, ...own];
  return { ...pod, status: { ...pod.status, containerStatuses } };
}

/** The same pod with a container in front of the job's own. */
export function withInitContainer(pod: PodObject, state: ContainerState): PodObject {
  const initContainerStatuses = [{ name: 'istio-init', state }];
  return { ...pod, status: { ...pod.status, initContainerStatuses } };
}
