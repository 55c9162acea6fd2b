import type { BackendLoader } from './backends/backend-loader.js';
import { cromwellBackend } from './backends/cromwell.config.js';
import { engineBackend } from './backends/engine.config.js';
import { kubernetesBackend } from './backends/kubernetes.config.js';
import { processBackend } from './backends/process.config.js';
import { slurmBackend } from './backends/slurm.config.js';
import { swarmBackend } from './backends/swarm.config.js';
import type { ContainerEnv } from './environment/job.environment.js';

/** The backend behind each word of CONTAINER_ENV. */
export const BACKENDS: Readonly<Record<ContainerEnv, BackendLoader>> = {
  docker: engineBackend,
  podman: engineBackend,
  kubernetes: kubernetesBackend,
  openshift: kubernetesBackend,
  swarm: swarmBackend,
  process: processBackend,
  slurm: slurmBackend,
  cromwell: cromwellBackend,
};
