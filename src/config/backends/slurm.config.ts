import { posix } from 'node:path';
import { parseYesOrNo } from '../environment-rules.js';
import { textOf, type BackendLoader } from './backend-loader.js';

/** Where the commands of SLURM usually are. */
const USUAL_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** The batch system of a cluster, by its user commands. */
export const slurmBackend: BackendLoader = {
  storageTypes: ['host'],
  onThisHost: true,
  host: '0.0.0.0',
  load(environment, raw, problems) {
    const runtime = environment.SLURM_CONTAINER_RUNTIME ?? 'podman';
    if (runtime !== 'podman') {
      for (const name of ['SHM_SIZE', 'CONTAINER_USER'] as const) {
        if (environment[name] === undefined) continue;
        problems.push(`${name}: cannot be set when SLURM_CONTAINER_RUNTIME is ${runtime}`);
      }
    }
    const folder =
      environment.SLURM_RECORDS ?? `${textOf(raw, 'HOME') ?? '/tmp'}/.local/state/pman/slurm`;
    const recordDirectory = posix.resolve(folder);
    return {
      config: {
        backend: 'slurm',
        commands: {
          path: textOf(raw, 'PATH') ?? USUAL_PATH,
          configuration: environment.SLURM_CONF,
        },
        options: {
          runtime,
          program: environment.SLURM_CONTAINER_PROGRAM ?? PROGRAMS[runtime],
          imageEntrypoint: environment.IMAGE_ENTRYPOINT === 'replace' ? 'replace' : 'keep',
          partition: environment.SLURM_PARTITION,
          account: environment.SLURM_ACCOUNT,
          qos: environment.SLURM_QOS,
          constraint: environment.SLURM_CONSTRAINT,
          timeLimitMinutes: environment.TIMELIMIT_MINUTES,
          accounting: parseYesOrNo(environment.SLURM_ACCOUNTING ?? 'yes') ?? true,
          recordDirectory,
        },
      },
      // A job that writes into our records can make us say anything.
      reservedPaths: [{ path: recordDirectory, what: 'SLURM_RECORDS' }],
      warnings: [],
    };
  },
};

const PROGRAMS = {
  podman: 'podman',
  apptainer: 'apptainer',
  singularity: 'singularity',
} as const;
