import type { V1Affinity, V1Toleration } from '@kubernetes/client-node';

/** What a deployment decides about the pods of jobs on Kubernetes and OpenShift. */
export interface KubernetesOptions {
  /** `openshift`: users and rights are left to the cluster's security context constraints. */
  readonly profile: 'kubernetes' | 'openshift';
  /** Whether the image's ENTRYPOINT runs in front of the command. */
  readonly imageEntrypoint: 'keep' | 'replace';
  readonly imagePullPolicy: 'Always' | 'IfNotPresent' | 'Never' | undefined;
  /** Names of secrets. */
  readonly imagePullSecrets: readonly string[];
  readonly nodeSelector: Readonly<Record<string, string>>;
  readonly tolerations: readonly V1Toleration[];
  readonly affinity: V1Affinity | undefined;
  readonly priorityClass: string | undefined;
  readonly serviceAccount: string | undefined;
  /** Group that owns the volumes that can be given one. */
  readonly fsGroup: number | undefined;
  /** Name of the extended resource that a GPU is. */
  readonly gpuResource: string;
  /** How much of a cpu or memory limit a node reserves, from 0 to 100. */
  readonly requestPercent: number;
  /** The cluster forgets a finished job after this many seconds; absent: never. */
  readonly timeToLive: number | undefined;
  /** Name of a local queue of Kueue. */
  readonly kueueQueue: string | undefined;
  readonly grace: StartGrace;
}

/** How long, in seconds, a job may wait for what may never come. */
export interface StartGrace {
  /** For its image, its volumes and its container. */
  readonly start: number;
  /** For a node that has room for it. */
  readonly scheduling: number;
}
