import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import { posix } from 'node:path';
import {
  parseEngineConnection,
  type EngineConnection,
} from '../clients/docker-engine/engine-connection.js';
import { OWN_LABEL_PREFIX } from '../scheduling/domain/own-labels.js';
import { mebibytes } from '../shared/units.js';
import { forbiddenStoreReason, type ReservedPath } from '../storage/domain/forbidden-sources.js';
import type { JobPolicy } from '../jobs/domain/job-policy.js';
import type { AppConfig, SchedulerConfig, StorageConfig } from './app-config.js';
import { parseAllowedImages } from './allowed-images.js';
import { Environment, VARIABLES } from './environment.js';
import { parseContainerUser, parseKeyValueList, parseYesOrNo } from './environment-rules.js';
import { ineffectiveSettings, misspeltVariables, overruledSettings } from './setting-warnings.js';

/** Every problem of an environment, by variable name and never by value. */
export class ConfigError extends Error {
  constructor(readonly problems: readonly string[]) {
    super(`the configuration has ${problems.length} problem(s):\n- ${problems.join('\n- ')}`);
    this.name = 'ConfigError';
  }
}

type RawEnvironment = Readonly<Record<string, unknown>>;

/**
 * Parses and checks the whole environment. Pure.
 * @throws ConfigError with all problems at once.
 */
export function loadConfig(raw: RawEnvironment): AppConfig {
  const problems: string[] = [];
  const environment = parseEnvironment(raw, problems);
  const backend = environment.CONTAINER_ENV === 'process' ? 'process' : 'docker';
  const engine = loadEngine(environment, raw, problems);
  const scheduler = loadScheduler(environment, backend, engine, raw);
  const storage = loadStorage(environment, scheduler, engine, problems);
  const jobs = loadJobPolicy(environment, problems);
  const host = environment.HOST ?? (backend === 'process' ? '127.0.0.1' : '0.0.0.0');
  checkExposure(environment, backend, host, problems);
  if (backend === 'process' && environment.SHM_SIZE !== undefined) {
    problems.push('SHM_SIZE: cannot be set when CONTAINER_ENV is process');
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return {
    http: { host, port: environment.PORT ?? 5010 },
    logLevel: (environment.LOG_LEVEL ?? 'info') as AppConfig['logLevel'],
    scheduler,
    storage,
    jobs,
    warnings: [
      ...misspeltVariables(Object.keys(raw)),
      ...ineffectiveSettings(environment, backend, storage.type),
      ...(backend === 'docker' ? overruledSettings(environment) : []),
    ],
  };
}

/** Validates each variable by itself; an invalid one is reported and then counts as not set. */
function parseEnvironment(raw: RawEnvironment, problems: string[]): Environment {
  const set = VARIABLES.map(({ name }) => [name, raw[name]] as const).filter(
    ([, value]) => value !== undefined && value !== '',
  );
  const environment = plainToInstance(Environment, Object.fromEntries(set));
  for (const error of validateSync(environment, { stopAtFirstError: true })) {
    const reason = Object.values(error.constraints ?? {})[0] ?? 'is not valid';
    problems.push(`${error.property}: ${reason.replace(`${error.property} `, '')}`);
    delete environment[error.property as keyof Environment];
  }
  return environment;
}

function loadEngine(
  environment: Environment,
  raw: RawEnvironment,
  problems: string[],
): EngineConnection {
  const text = (name: string): string | undefined =>
    typeof raw[name] === 'string' && raw[name] !== '' ? raw[name] : undefined;
  const parsed = parseEngineConnection({
    dockerHost: environment.DOCKER_HOST,
    tlsVerify: environment.DOCKER_TLS_VERIFY !== undefined,
    certificateFolder: environment.DOCKER_CERT_PATH,
    prefer: environment.CONTAINER_ENV === 'podman' ? 'podman' : 'docker',
    runtimeFolder: text('XDG_RUNTIME_DIR'),
    home: text('HOME'),
  });
  if ('connection' in parsed) return parsed.connection;
  problems.push(`DOCKER_HOST: ${parsed.reason}`);
  return { kind: 'sockets', paths: [] };
}

function loadScheduler(
  environment: Environment,
  backend: SchedulerConfig['backend'],
  engine: EngineConnection,
  raw: RawEnvironment,
): SchedulerConfig {
  if (backend === 'process') {
    const home = typeof raw['HOME'] === 'string' ? raw['HOME'] : '/tmp';
    const recordDirectory = environment.PROCESS_RECORDS ?? `${home}/.local/state/pman/jobs`;
    return { backend, recordDirectory: posix.resolve(recordDirectory) };
  }
  return {
    backend,
    engine,
    options: {
      memoryLimit: environment.MEMORY_LIMIT === 'soft' ? 'soft' : 'hard',
      capabilities: environment.JOB_CAPABILITIES === 'engine' ? 'engine' : 'minimal',
      network: environment.JOB_NETWORK,
      imageEntrypoint: environment.IMAGE_ENTRYPOINT === 'replace' ? 'replace' : 'keep',
      logFileMebibytes: environment.JOB_LOG_FILE_MIB ?? 10,
    },
  };
}

function loadStorage(
  environment: Environment,
  scheduler: SchedulerConfig,
  engine: EngineConnection,
  problems: string[],
): StorageConfig {
  const { backend } = scheduler;
  const { STORAGE_TYPE: type, COMPUTE_VOLUME_TYPE: alias } = environment;
  if (type !== undefined && alias !== undefined && type !== alias) {
    problems.push('COMPUTE_VOLUME_TYPE: contradicts STORAGE_TYPE; set only one of them');
  }
  const chosen = type ?? alias ?? (backend === 'process' ? 'host' : 'docker_local_volume');
  const seenAt = environment.STOREBASE_MOUNT;
  if (seenAt !== undefined && !seenAt.startsWith('/')) {
    problems.push('STOREBASE_MOUNT: must be an absolute path');
  }
  if (chosen === 'host') {
    if (environment.VOLUME_NAME !== undefined) {
      problems.push('VOLUME_NAME: conflicts with STORAGE_TYPE=host; unset one of them');
    }
    const storeBase = loadStoreBase(environment, reservedPaths(scheduler, engine), problems);
    return { type: 'host', storeBase, seenAt, mustBeVisible: backend === 'process' };
  }
  if (backend === 'process') {
    problems.push('STORAGE_TYPE: must be host when CONTAINER_ENV is process');
  }
  if (environment.STOREBASE !== undefined) {
    problems.push('STOREBASE: conflicts with STORAGE_TYPE=docker_local_volume; unset one of them');
  }
  const pfconSelector = environment.PFCON_SELECTOR ?? 'org.chrisproject.role=pfcon';
  const volumeName = environment.VOLUME_NAME;
  return { type: 'docker_local_volume', engine, volumeName, pfconSelector, seenAt };
}

/** A job that mounts the engine's socket, or writes into our records, is root on the host. */
function reservedPaths(scheduler: SchedulerConfig, engine: EngineConnection): ReservedPath[] {
  if (scheduler.backend === 'process') {
    return [{ path: scheduler.recordDirectory, what: 'PROCESS_RECORDS' }];
  }
  const sockets = engine.kind === 'sockets' ? engine.paths : [];
  return sockets.map((path) => ({ path: posix.normalize(path), what: "the engine's socket" }));
}

function loadStoreBase(
  { STOREBASE }: Environment,
  reserved: readonly ReservedPath[],
  problems: string[],
): string {
  if (STOREBASE === undefined) {
    problems.push('STOREBASE: must be set when STORAGE_TYPE is host');
    return '/';
  }
  if (!STOREBASE.startsWith('/')) {
    problems.push('STOREBASE: must be an absolute path');
    return '/';
  }
  const normalised = posix.normalize(STOREBASE).replace(/(?<=.)\/$/, '');
  const reason = forbiddenStoreReason(normalised, reserved);
  if (reason !== undefined) problems.push(`STOREBASE: ${reason}`);
  return normalised;
}

function loadJobPolicy(environment: Environment, problems: string[]): JobPolicy {
  const yes = (text: string | undefined, fallback: boolean): boolean =>
    text === undefined ? fallback : (parseYesOrNo(text) ?? fallback);
  const labels = parseKeyValueList(environment.JOB_LABELS ?? '') ?? {};
  if (Object.keys(labels).some((key) => key.startsWith(OWN_LABEL_PREFIX))) {
    problems.push(`JOB_LABELS: keys that begin with ${OWN_LABEL_PREFIX} are the service's own`);
  }
  const allowed = parseAllowedImages(environment.ALLOWED_IMAGES);
  if ('reason' in allowed) problems.push(`ALLOWED_IMAGES: ${allowed.reason}`);
  const tail = environment.JOB_LOGS_TAIL ?? 1000;
  return {
    user: parseContainerUser(environment.CONTAINER_USER ?? ':') ?? {
      uid: undefined,
      gid: undefined,
    },
    homeWorkaround: yes(environment.ENABLE_HOME_WORKAROUND, false),
    shmSize: environment.SHM_SIZE === undefined ? undefined : mebibytes(environment.SHM_SIZE),
    labels,
    logsTail: tail < 0 ? undefined : tail,
    ignoreLimits: yes(environment.IGNORE_LIMITS, false),
    removeJobs: yes(environment.REMOVE_JOBS, true),
    allowedImages: 'reason' in allowed ? undefined : allowed.images,
  };
}

const LOOPBACK = /^(?:127(?:\.\d{1,3}){3}|::1|localhost)$/;

function checkExposure(
  environment: Environment,
  backend: SchedulerConfig['backend'],
  host: string,
  problems: string[],
): void {
  if (backend !== 'process' || LOOPBACK.test(host)) return;
  if (environment.PROCESS_REMOTE_ACCESS !== undefined) return;
  problems.push(
    'HOST: the process backend runs the programs of whoever reaches it on this host and listens ' +
      'on loopback only; set PROCESS_REMOTE_ACCESS=callers-may-run-programs-on-this-host to go beyond',
  );
}
