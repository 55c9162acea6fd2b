import type { SchedulerCapabilities } from '../../domain/capabilities.js';

export const KUBERNETES_CAPABILITIES = Object.freeze({
  backend: 'kubernetes',
  workers: 'many',
  cpuLimit: 'hard',
  memoryLimit: 'hard',
  gpus: 'yes',
  shmSize: 'yes',
  user: 'yes',
  labels: 'yes',
  timeLimit: 'backend',
  names: 'exclusive',
  mountSources: ['host-path', 'pvc-subpath'],
} as const satisfies SchedulerCapabilities);

export const OPENSHIFT_CAPABILITIES = Object.freeze({
  ...KUBERNETES_CAPABILITIES,
  backend: 'openshift',
} as const satisfies SchedulerCapabilities);
