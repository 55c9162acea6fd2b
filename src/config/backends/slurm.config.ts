import { parseYesOrNo } from '../environment-rules.js';
import { textOf, type BackendLoader } from './backend-loader.js';
import { loadBatch } from './batch.config.js';

/** Where the commands of SLURM usually are. */
const USUAL_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** The batch system of a cluster, by its user commands. */
export const slurmBackend: BackendLoader = {
  storageTypes: ['host'],
  onThisHost: true,
  host: '0.0.0.0',
  load(environment, raw, problems) {
    const { options, reservedPaths } = loadBatch(environment, raw, problems);
    return {
      config: {
        backend: 'slurm',
        commands: {
          path: textOf(raw, 'PATH') ?? USUAL_PATH,
          configuration: environment.SLURM_CONF,
        },
        options: {
          ...options,
          partition: environment.SLURM_PARTITION,
          account: environment.SLURM_ACCOUNT,
          qos: environment.SLURM_QOS,
          constraint: environment.SLURM_CONSTRAINT,
          timeLimitMinutes: environment.TIMELIMIT_MINUTES,
          accounting: parseYesOrNo(environment.SLURM_ACCOUNTING ?? 'yes') ?? true,
        },
      },
      reservedPaths,
      warnings: [],
    };
  },
};
