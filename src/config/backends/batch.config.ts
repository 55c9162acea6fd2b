import { posix } from 'node:path';
import type { BatchOptions } from '../../scheduling/adapters/batch-api/batch-options.js';
import type { ReservedPath } from '../../storage/domain/forbidden-sources.js';
import type { Environment, RawEnvironment } from '../environment.js';
import { imageEntrypoint } from '../image-entrypoint.js';
import { textOf } from './backend-loader.js';

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
export function loadBatch(
  environment: Environment,
  raw: RawEnvironment,
  problems: string[],
): LoadedBatch {
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
  const folder =
    environment.SLURM_RECORDS ?? `${textOf(raw, 'HOME') ?? '/tmp'}/.local/state/pman/slurm`;
  const recordDirectory = posix.resolve(folder);
  return {
    options: {
      runtime,
      program: environment.SLURM_CONTAINER_PROGRAM ?? PROGRAMS[runtime],
      imageStorage: environment.SLURM_IMAGE_STORAGE,
      imageEntrypoint: imageEntrypoint(environment),
      recordDirectory,
    },
    // A job that writes into our records can make us say anything.
    reservedPaths: [{ path: recordDirectory, what: 'SLURM_RECORDS' }],
    warnings: warningsOf(environment),
  };
}

function warningsOf(environment: Environment): readonly string[] {
  if (environment.SLURM_CONTAINER_RUNTIME === 'charliecloud') {
    return ['Charliecloud cannot mount read-only: a job can write to its input directory'];
  }
  if (environment.SLURM_IMAGE_STORAGE === undefined) return [];
  return ['SLURM_IMAGE_STORAGE has no effect: it needs SLURM_CONTAINER_RUNTIME=charliecloud'];
}
