import { posix } from 'node:path';
import type { BatchOptions } from '../../scheduling/adapters/batch-api/batch-options.js';
import type { ReservedPath } from '../../storage/domain/forbidden-sources.js';
import type { Environment } from '../environment.js';
import { imageEntrypoint } from '../image-entrypoint.js';

const PROGRAMS = {
  podman: 'podman',
  apptainer: 'apptainer',
  singularity: 'singularity',
  charliecloud: 'ch-run',
} as const;

interface LoadedBatch {
  readonly options: BatchOptions;
  readonly reservedPaths: readonly ReservedPath[];
  readonly warnings: readonly string[];
}

/** What every batch system has: how jobs run on its nodes, and where their records lie. */
export function loadBatch(environment: Environment, problems: string[]): LoadedBatch {
  const runtime = environment.SLURM_CONTAINER_RUNTIME ?? 'podman';
  if (runtime !== 'podman') {
    for (const name of ['SHM_SIZE', 'CONTAINER_USER'] as const) {
      if (environment[name] === undefined) continue;
      problems.push(`${name}: cannot be set when SLURM_CONTAINER_RUNTIME is ${runtime}`);
    }
  }
  if (runtime === 'charliecloud' && environment.IMAGE_ENTRYPOINT === 'keep') {
    problems.push(
      'IMAGE_ENTRYPOINT: cannot be keep when SLURM_CONTAINER_RUNTIME is charliecloud, which runs no ENTRYPOINT',
    );
  }
  // No home is storage that all nodes share, and what anybody can guess in /tmp is nobody's own.
  if (environment.SLURM_RECORDS === undefined) {
    problems.push(
      'SLURM_RECORDS: must be set to a folder of shared storage that this service and the nodes see at one path',
    );
  }
  const records = environment.SLURM_RECORDS ?? '';
  const recordDirectory = records === '' ? '' : posix.resolve(records);
  return {
    options: {
      runtime,
      program: environment.SLURM_CONTAINER_PROGRAM ?? PROGRAMS[runtime],
      imageStorage: environment.SLURM_IMAGE_STORAGE,
      imageEntrypoint: imageEntrypoint(environment),
      recordDirectory,
    },
    // A job that writes into our records can make us say anything.
    reservedPaths: records === '' ? [] : [{ path: recordDirectory, what: 'SLURM_RECORDS' }],
    warnings: warningsOf(environment),
  };
}

const LIMITS_OF_SLURM =
  'cpu and memory limits hold only as far as SLURM itself enforces them (TaskPlugin=task/cgroup, ' +
  'ConstrainCores, ConstrainRAMSpace): SLURM_CONTAINER_RUNTIME sets none';

function warningsOf(environment: Environment): readonly string[] {
  const { SLURM_CONTAINER_RUNTIME: runtime, SLURM_IMAGE_STORAGE: storage } = environment;
  const warnings: string[] = [];
  if (runtime === 'charliecloud') {
    warnings.push('Charliecloud cannot mount read-only: a job can write to its input directory');
  } else if (storage !== undefined) {
    warnings.push(
      'SLURM_IMAGE_STORAGE has no effect: it needs SLURM_CONTAINER_RUNTIME=charliecloud',
    );
  }
  if (runtime !== undefined && runtime !== 'podman') warnings.push(LIMITS_OF_SLURM);
  return warnings;
}
