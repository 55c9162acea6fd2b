import type { V1Affinity, V1Toleration } from '@kubernetes/client-node';
import type { KubernetesOptions } from '../../scheduling/adapters/kubernetes/kubernetes-options.js';
import type { ReservedPath } from '../../storage/domain/forbidden-sources.js';
import { parseContainerUser, parseJson, parseKeyValueList } from '../environment-rules.js';
import type { Environment, RawEnvironment } from '../environment.js';
import { imageEntrypoint } from '../image-entrypoint.js';
import { textOf, type BackendLoader } from './backend-loader.js';

const LABEL_KEY =
  /^(?:[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?\/)?[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/;
const LABEL_VALUE = /^(?:[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?$/;
const TOLERATION_KEYS = new Set(['key', 'operator', 'value', 'effect', 'tolerationSeconds']);
const AFFINITY_KEYS = new Set(['nodeAffinity', 'podAffinity', 'podAntiAffinity']);
/** What a node keeps of the cluster and of all pods; jobs on it are not to reach it. */
const NODE_PATHS: readonly ReservedPath[] = [
  { path: '/var/lib/kubelet', what: "the node's kubelet" },
  { path: '/var/lib/containerd', what: "the node's containers" },
  { path: '/var/lib/etcd', what: "the cluster's data" },
];

/** Kubernetes and OpenShift. */
export const kubernetesBackend: BackendLoader = {
  storageTypes: ['kubernetes_pvc', 'host'],
  onThisHost: false,
  host: '0.0.0.0',
  load(environment, raw, problems) {
    const profile = environment.CONTAINER_ENV === 'openshift' ? 'openshift' : 'kubernetes';
    checkLabels('JOB_LABELS', environment.JOB_LABELS, problems);
    checkLabels('NODE_SELECTOR', environment.NODE_SELECTOR, problems);
    checkUser(profile, environment, problems);
    return {
      config: {
        backend: 'kubernetes',
        cluster: {
          kubeconfig: environment.KUBECONFIG ?? defaultKubeconfig(raw),
          namespace: environment.JOB_NAMESPACE,
        },
        options: loadOptions(profile, environment, problems),
      },
      reservedPaths: NODE_PATHS,
      warnings: warningsOf(profile, environment),
    };
  },
};

function warningsOf(
  profile: KubernetesOptions['profile'],
  { STORAGE_TYPE, COMPUTE_VOLUME_TYPE }: Environment,
): string[] {
  if (profile !== 'openshift' || (STORAGE_TYPE ?? COMPUTE_VOLUME_TYPE) !== 'host') return [];
  return [
    'STORAGE_TYPE=host needs a security context constraint that allows hostPath: with those that ' +
      'OpenShift gives to every project no job gets its pods',
  ];
}

/** Inside a cluster every pod is told where the API server is. */
function defaultKubeconfig(raw: RawEnvironment): string | undefined {
  if (textOf(raw, 'KUBERNETES_SERVICE_HOST') !== undefined) return undefined;
  return `${textOf(raw, 'HOME') ?? '/root'}/.kube/config`;
}

function loadOptions(
  profile: KubernetesOptions['profile'],
  environment: Environment,
  problems: string[],
): KubernetesOptions {
  return {
    profile,
    imageEntrypoint: imageEntrypoint(environment),
    imagePullPolicy: environment.IMAGE_PULL_POLICY as KubernetesOptions['imagePullPolicy'],
    imagePullSecrets: splitNames(environment.IMAGE_PULL_SECRETS),
    nodeSelector: parseKeyValueList(environment.NODE_SELECTOR ?? '') ?? {},
    tolerations: loadTolerations(environment, problems),
    affinity: loadAffinity(environment, problems),
    priorityClass: environment.JOB_PRIORITY_CLASS,
    serviceAccount: environment.JOB_SERVICE_ACCOUNT,
    fsGroup: environment.JOB_FS_GROUP,
    gpuResource: environment.GPU_RESOURCE ?? 'nvidia.com/gpu',
    requestPercent: environment.JOB_REQUEST_PERCENT ?? 100,
    timeToLive: environment.JOB_TTL,
    kueueQueue: environment.KUEUE_QUEUE,
    grace: {
      start: environment.JOB_START_GRACE ?? 600,
      scheduling: environment.JOB_SCHEDULING_GRACE ?? 86_400,
    },
  };
}

function splitNames(text: string | undefined): string[] {
  return (text ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

function loadTolerations({ JOB_TOLERATIONS }: Environment, problems: string[]): V1Toleration[] {
  const tolerations = (parseJson(JOB_TOLERATIONS ?? '[]') ?? []) as V1Toleration[];
  const unknown = tolerations.flatMap(Object.keys).find((key) => !TOLERATION_KEYS.has(key));
  if (unknown !== undefined) {
    problems.push(`JOB_TOLERATIONS: a toleration has only ${[...TOLERATION_KEYS].join(', ')}`);
  }
  return tolerations;
}

function loadAffinity({ JOB_AFFINITY }: Environment, problems: string[]): V1Affinity | undefined {
  if (JOB_AFFINITY === undefined) return undefined;
  const affinity = (parseJson(JOB_AFFINITY) ?? {}) as V1Affinity;
  if (Object.keys(affinity).some((key) => !AFFINITY_KEYS.has(key))) {
    problems.push(`JOB_AFFINITY: an affinity has only ${[...AFFINITY_KEYS].join(', ')}`);
  }
  return affinity;
}

function checkLabels(name: string, text: string | undefined, problems: string[]): void {
  const labels = Object.entries(parseKeyValueList(text ?? '') ?? {});
  if (labels.every(([key, value]) => LABEL_KEY.test(key) && LABEL_VALUE.test(value))) return;
  problems.push(`${name}: has a key or value that is no label for Kubernetes`);
}

/** A user that is not root in a namespace that leaves users to the cluster. */
function checkUser(
  profile: KubernetesOptions['profile'],
  { CONTAINER_USER }: Environment,
  problems: string[],
): void {
  if (profile !== 'openshift') return;
  const { uid, gid } = parseContainerUser(CONTAINER_USER ?? ':') ?? {};
  if (uid?.low === 0 || (uid === undefined && gid !== undefined)) {
    problems.push('CONTAINER_USER: must have a uid other than 0 when CONTAINER_ENV is openshift');
  }
}
