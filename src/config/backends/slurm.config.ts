import type { SlurmSchedulerConfig } from '../../scheduling/adapters/slurm/slurm.factory.js';
import type { Environment } from '../environment.js';
import { parseYesOrNo } from '../environment-rules.js';
import { textOf, type BackendLoader } from './backend-loader.js';
import { loadBatch } from './batch.config.js';

/** Where the commands of SLURM usually are. */
const USUAL_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** The batch system of a cluster, by its user commands or by slurmrestd. */
export const slurmBackend: BackendLoader = {
  storageTypes: ['host'],
  onThisHost: true,
  host: '0.0.0.0',
  load(environment, raw, problems) {
    const { options, reservedPaths, warnings } = loadBatch(environment, problems);
    const rest = restOf(environment, problems);
    return {
      config: {
        backend: 'slurm',
        commands: {
          path: textOf(raw, 'PATH') ?? USUAL_PATH,
          configuration: environment.SLURM_CONF,
        },
        rest,
        options: {
          ...options,
          transport: rest === undefined ? 'commands' : 'slurmrestd',
          partition: environment.SLURM_PARTITION,
          account: environment.SLURM_ACCOUNT,
          qos: environment.SLURM_QOS,
          constraint: environment.SLURM_CONSTRAINT,
          timeLimitMinutes: environment.TIMELIMIT_MINUTES,
          accounting: parseYesOrNo(environment.SLURM_ACCOUNTING ?? 'yes') ?? true,
        },
      },
      reservedPaths,
      warnings: [...warnings, ...warningsOf(environment)],
    };
  },
};

/** Which settings one of the transports does not read. */
const OF_SLURMRESTD = ['SLURMRESTD_USER', 'SLURM_JWT', 'SLURM_JWT_FILE'] as const;

function restOf(environment: Environment, problems: string[]): SlurmSchedulerConfig['rest'] {
  const { SLURMRESTD_URL: url, SLURMRESTD_USER: user } = environment;
  const { SLURM_JWT: token, SLURM_JWT_FILE: file } = environment;
  if (url === undefined) return undefined;
  if (token !== undefined && file !== undefined) {
    problems.push('SLURM_JWT: cannot be set together with SLURM_JWT_FILE');
  }
  if (file !== undefined) return { url, user, token: { file } };
  if (token === undefined) problems.push('SLURM_JWT_FILE: must be set when SLURMRESTD_URL is');
  return { url, user, token: { token: token ?? '' } };
}

function warningsOf(environment: Environment): readonly string[] {
  if (environment.SLURMRESTD_URL === undefined) {
    return OF_SLURMRESTD.filter((name) => environment[name] !== undefined).map(
      (name) => `${name} has no effect: it needs SLURMRESTD_URL`,
    );
  }
  const { SLURM_CONF: unused } = environment;
  return unused === undefined ? [] : ['SLURM_CONF has no effect: SLURMRESTD_URL is set'];
}
