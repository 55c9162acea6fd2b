import { posix } from 'node:path';
import {
  parseEngineConnection,
  type EngineConnection,
} from '../../clients/docker-engine/engine-connection.js';
import type { EngineOptions } from '../../scheduling/adapters/docker-api/engine-options.js';
import type { ReservedPath } from '../../storage/domain/forbidden-sources.js';
import type { Environment, RawEnvironment } from '../environment.js';
import { imageEntrypoint } from '../image-entrypoint.js';
import { textOf, type BackendLoader } from './backend-loader.js';

/** Docker and Podman, which speak the same API. */
export const engineBackend: BackendLoader = {
  storageTypes: ['docker_local_volume', 'host'],
  onThisHost: false,
  host: '0.0.0.0',
  load(environment, raw, problems) {
    const engine = loadEngine(environment, raw, problems);
    return {
      config: {
        backend: 'docker',
        engine,
        options: engineOptions(environment),
      },
      reservedPaths: socketsOf(engine),
      warnings: overruledSettings(environment),
    };
  },
};

/** What is decided about the jobs of an engine. */
export function engineOptions(environment: Environment): EngineOptions {
  return {
    memoryLimit: environment.MEMORY_LIMIT === 'soft' ? 'soft' : 'hard',
    capabilities: environment.JOB_CAPABILITIES === 'engine' ? 'engine' : 'minimal',
    network: environment.JOB_NETWORK,
    imageEntrypoint: imageEntrypoint(environment),
    logFileMebibytes: environment.JOB_LOG_FILE_MIB ?? 10,
    registryAuthFile: environment.REGISTRY_AUTH_FILE,
  };
}

/** A job that mounts the engine's socket is root on the host. */
export function socketsOf(engine: EngineConnection): readonly ReservedPath[] {
  const sockets = engine.kind === 'sockets' ? engine.paths : [];
  return sockets.map((path) => ({ path: posix.normalize(path), what: "the engine's socket" }));
}

/** Where the engine is. */
export function loadEngine(
  environment: Environment,
  raw: RawEnvironment,
  problems: string[],
): EngineConnection {
  const parsed = parseEngineConnection({
    dockerHost: environment.DOCKER_HOST,
    tlsVerify: environment.DOCKER_TLS_VERIFY !== undefined,
    certificateFolder: environment.DOCKER_CERT_PATH,
    prefer: environment.CONTAINER_ENV === 'podman' ? 'podman' : 'docker',
    runtimeFolder: textOf(raw, 'XDG_RUNTIME_DIR'),
    home: textOf(raw, 'HOME'),
  });
  if ('connection' in parsed) return parsed.connection;
  problems.push(`DOCKER_HOST: ${parsed.reason}`);
  return { kind: 'sockets', paths: [] };
}

/** Says which settings of an engine another one leaves without effect. */
export function overruledSettings(environment: Environment): string[] {
  const { VOLUME_NAME, PFCON_SELECTOR, DOCKER_HOST } = environment;
  const { DOCKER_TLS_VERIFY, DOCKER_CERT_PATH } = environment;
  const warnings: string[] = [];
  if (VOLUME_NAME !== undefined && PFCON_SELECTOR !== undefined) {
    warnings.push('PFCON_SELECTOR has no effect: VOLUME_NAME names the store');
  }
  const speaksTls =
    DOCKER_HOST?.startsWith('https:') === true ||
    (DOCKER_TLS_VERIFY !== undefined && DOCKER_HOST?.startsWith('unix:') === false);
  const tls = { DOCKER_TLS_VERIFY, DOCKER_CERT_PATH };
  for (const [name, value] of Object.entries(tls)) {
    if (value !== undefined && !speaksTls) {
      warnings.push(`${name} has no effect: the engine is not spoken to by TLS`);
    }
  }
  return warnings;
}
