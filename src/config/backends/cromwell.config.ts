import type { BackendLoader } from './backend-loader.js';
import { loadBatch } from './batch.config.js';

/** A Cromwell server in front of a batch system. */
export const cromwellBackend: BackendLoader = {
  storageTypes: ['host'],
  onThisHost: true,
  host: '0.0.0.0',
  load(environment, _raw, problems) {
    const { options, reservedPaths, warnings } = loadBatch(environment, problems);
    if (environment.CROMWELL_URL === undefined) {
      problems.push('CROMWELL_URL: must be set when CONTAINER_ENV is cromwell');
    }
    return {
      config: {
        backend: 'cromwell',
        server: {
          url: environment.CROMWELL_URL ?? '',
          authorization: environment.CROMWELL_AUTHORIZATION,
        },
        options: {
          ...options,
          partition: environment.SLURM_PARTITION,
          timeLimitMinutes: environment.TIMELIMIT_MINUTES,
        },
      },
      reservedPaths,
      warnings,
    };
  },
};
