import type { SchedulerCapabilities } from '../../domain/capabilities.js';

/** A swarm refuses GPUs by itself only by never starting the job: they are checked for before. */
export const SWARM_CAPABILITIES = Object.freeze({
  backend: 'swarm',
  workers: 'many',
  cpuLimit: 'hard',
  memoryLimit: 'hard',
  gpus: 'yes',
  shmSize: 'yes',
  user: 'yes',
  labels: 'yes',
  timeLimit: 'service',
  hints: 'partial',
  names: 'exclusive',
  mountSources: ['host-path'],
} as const satisfies SchedulerCapabilities);
