import type { ClusterAddress } from '../../../clients/kubernetes/kubeconfig.js';
import { KubernetesApi } from '../../../clients/kubernetes/kubernetes-api.js';
import type { KubernetesOptions } from './kubernetes-options.js';
import { KubernetesScheduler } from './kubernetes.scheduler.js';

export interface KubernetesSchedulerConfig {
  readonly cluster: ClusterAddress;
  readonly options: KubernetesOptions;
}

export function createKubernetesScheduler({
  cluster,
  options,
}: KubernetesSchedulerConfig): KubernetesScheduler {
  return new KubernetesScheduler(new KubernetesApi(cluster), options);
}
