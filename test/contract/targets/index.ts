import type { ContractTarget } from '../target.js';
import { engineTarget } from './engine-target.js';
import { kubernetesTarget } from './kubernetes-target.js';
import { swarmTarget } from './swarm-target.js';
import { processTarget } from './process-target.js';
import { charliecloudTarget, cromwellTarget, slurmTarget } from './batch-target.js';

const TARGETS: Readonly<Record<string, () => ContractTarget>> = {
  process: processTarget,
  docker: () => engineTarget('docker'),
  podman: () => engineTarget('podman'),
  kubernetes: kubernetesTarget,
  slurm: slurmTarget,
  charliecloud: charliecloudTarget,
  cromwell: cromwellTarget,
  swarm: swarmTarget,
};

/** The targets that CONTRACT_TARGETS names, else all; one that is not known fails. */
export function chosenTargets(): readonly ContractTarget[] {
  const names = process.env['CONTRACT_TARGETS']?.split(',') ?? Object.keys(TARGETS);
  return names.map((name) => {
    const target = TARGETS[name];
    if (target === undefined) throw new Error(`there is no contract target "${name}"`);
    return target();
  });
}
