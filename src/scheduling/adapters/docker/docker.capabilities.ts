import type { SchedulerCapabilities } from '../../domain/capabilities.js';

/** Docker and Podman; GPUs are asked of the engine, which refuses where there are none. */
export const DOCKER_CAPABILITIES = Object.freeze({
  backend: 'docker',
  workers: 'many',
  cpuLimit: 'hard',
  memoryLimit: 'hard',
  gpus: 'yes',
  shmSize: 'yes',
  user: 'yes',
  labels: 'yes',
  timeLimit: 'service',
  names: 'exclusive',
  mountSources: ['host-path'],
} as const satisfies SchedulerCapabilities);
