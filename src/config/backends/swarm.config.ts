import { parseKeyValueList } from '../environment-rules.js';
import type { BackendLoader } from './backend-loader.js';
import { engineOptions, loadEngine, overruledSettings, socketsOf } from './engine.config.js';

/** A Docker swarm, through one of its managers. */
export const swarmBackend: BackendLoader = {
  storageTypes: ['docker_local_volume', 'host'],
  onThisHost: false,
  host: '0.0.0.0',
  load(environment, raw, problems) {
    const engine = loadEngine(environment, raw, problems);
    if (environment.JOB_NETWORK === 'none') {
      problems.push('JOB_NETWORK: a service of a swarm cannot be without a network');
    }
    return {
      config: {
        backend: 'swarm',
        engine,
        options: {
          ...engineOptions(environment),
          nodeSelector: parseKeyValueList(environment.NODE_SELECTOR ?? '') ?? {},
          gpuResource: environment.SWARM_GPU_RESOURCE ?? 'gpu',
        },
      },
      reservedPaths: socketsOf(engine),
      warnings: overruledSettings(environment),
    };
  },
};
