import { posix } from 'node:path';
import type { EngineConnection } from '../clients/docker-engine/engine-connection.js';
import { forbiddenStoreReason, type ReservedPath } from '../storage/domain/forbidden-sources.js';
import type { StorageConfig } from './app-config.js';
import type { BackendLoader, LoadedBackend } from './backends/backend-loader.js';
import type { Environment } from './environment.js';

/** Where job data lies, for a backend. */
export function loadStorage(
  environment: Environment,
  loader: BackendLoader,
  { config, reservedPaths }: LoadedBackend,
  problems: string[],
): StorageConfig {
  const type = chosenType(environment, loader, problems);
  const seenAt = environment.STOREBASE_MOUNT;
  if (seenAt !== undefined && !seenAt.startsWith('/')) {
    problems.push('STOREBASE_MOUNT: must be an absolute path');
  }
  if (type === 'host') {
    if (environment.VOLUME_NAME !== undefined) {
      problems.push('VOLUME_NAME: conflicts with STORAGE_TYPE=host; unset one of them');
    }
    const storeBase = loadStoreBase(environment, reservedPaths, problems);
    return { type, storeBase, seenAt, mustBeVisible: loader.onThisHost };
  }
  if (environment.STOREBASE !== undefined) {
    problems.push(`STOREBASE: conflicts with STORAGE_TYPE=${type}; unset one of them`);
  }
  if (type === 'kubernetes_pvc') {
    const claim = environment.VOLUME_NAME ?? '';
    if (claim === '') problems.push(`VOLUME_NAME: must be set when STORAGE_TYPE is ${type}`);
    return { type, claim, seenAt };
  }
  const engine: EngineConnection =
    'engine' in config ? config.engine : { kind: 'sockets', paths: [] };
  const pfconSelector = environment.PFCON_SELECTOR ?? 'org.chrisproject.role=pfcon';
  return { type, engine, volumeName: environment.VOLUME_NAME, pfconSelector, seenAt };
}

function chosenType(
  environment: Environment,
  { storageTypes }: BackendLoader,
  problems: string[],
): StorageConfig['type'] {
  const { STORAGE_TYPE: type, COMPUTE_VOLUME_TYPE: alias } = environment;
  if (type !== undefined && alias !== undefined && type !== alias) {
    problems.push('COMPUTE_VOLUME_TYPE: contradicts STORAGE_TYPE; set only one of them');
  }
  const chosen = type ?? alias ?? storageTypes[0];
  if (!storageTypes.includes(chosen)) {
    const backend = environment.CONTAINER_ENV ?? 'docker';
    problems.push(
      `STORAGE_TYPE: must be ${storageTypes.join(' or ')} when CONTAINER_ENV is ${backend}`,
    );
  }
  return chosen;
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
