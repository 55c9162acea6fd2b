import type { EngineConnection } from '../clients/docker-engine/engine-connection.js';
import type { ClusterAddress } from '../clients/kubernetes/kubeconfig.js';
import type { CromwellSchedulerConfig } from '../scheduling/adapters/cromwell/cromwell.factory.js';
import type { SwarmOptions } from '../scheduling/adapters/swarm/swarm-options.js';
import type { EngineOptions } from '../scheduling/adapters/docker-api/engine-options.js';
import type { KubernetesOptions } from '../scheduling/adapters/kubernetes/kubernetes-options.js';
import type { SlurmSchedulerConfig } from '../scheduling/adapters/slurm/slurm.factory.js';
import type { JobPolicy } from '../jobs/domain/job-policy.js';

/** The whole configuration, parsed and checked once at boot. */
export interface AppConfig {
  readonly http: HttpConfig;
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error';
  readonly scheduler: SchedulerConfig;
  readonly storage: StorageConfig;
  readonly jobs: JobPolicy;
  /** Settings without effect and other things to say at boot; never a value. */
  readonly warnings: readonly string[];
}

export interface HttpConfig {
  readonly host: string;
  readonly port: number;
}

export type SchedulerConfig =
  DockerConfig | SwarmConfig | KubernetesConfig | SlurmConfig | CromwellConfig | ProcessConfig;

export interface SlurmConfig extends SlurmSchedulerConfig {
  readonly backend: 'slurm';
}

export interface CromwellConfig extends CromwellSchedulerConfig {
  readonly backend: 'cromwell';
}

export interface DockerConfig {
  readonly backend: 'docker';
  readonly engine: EngineConnection;
  readonly options: EngineOptions;
}

export interface KubernetesConfig {
  readonly backend: 'kubernetes';
  readonly cluster: ClusterAddress;
  readonly options: KubernetesOptions;
}

export interface SwarmConfig {
  readonly backend: 'swarm';
  readonly engine: EngineConnection;
  readonly options: SwarmOptions;
}

export interface ProcessConfig {
  readonly backend: 'process';
  readonly recordDirectory: string;
}

export type StorageConfig = HostStorageConfig | DockerLocalVolumeConfig | KubernetesPvcConfig;

export interface HostStorageConfig {
  readonly type: 'host';
  /** Absolute and normalised. */
  readonly storeBase: string;
  readonly seenAt: string | undefined;
  /** True where jobs run on this very host. */
  readonly mustBeVisible: boolean;
}

export interface DockerLocalVolumeConfig {
  readonly type: 'docker_local_volume';
  readonly engine: EngineConnection;
  readonly volumeName: string | undefined;
  readonly pfconSelector: string;
  readonly seenAt: string | undefined;
}

export interface KubernetesPvcConfig {
  readonly type: 'kubernetes_pvc';
  /** Name of a persistent volume claim in the namespace of the jobs. */
  readonly claim: string;
  readonly seenAt: string | undefined;
}
