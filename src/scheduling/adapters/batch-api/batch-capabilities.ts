import type { SchedulerCapabilities } from '../../domain/capabilities.js';
import type { ContainerRuntime } from './batch-options.js';

/** Podman can do what its engine API can; the others run everything as the submitting user. */
export function batchCapabilities(
  backend: 'slurm' | 'cromwell',
  runtime: ContainerRuntime,
): SchedulerCapabilities {
  const own = runtime === 'podman' ? 'yes' : 'no';
  return Object.freeze({
    backend,
    workers: 'many',
    cpuLimit: 'hard',
    memoryLimit: 'hard',
    // Containers of the others would be given no device, or no driver to it.
    gpus: runtime === 'apptainer' || runtime === 'singularity' ? 'yes' : 'no',
    shmSize: own,
    user: own,
    labels: 'yes',
    timeLimit: 'backend',
    names: 'shared',
    mountSources: ['host-path'],
  } satisfies SchedulerCapabilities);
}
