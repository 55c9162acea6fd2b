import type { ReservedPath } from '../../storage/domain/forbidden-sources.js';
import type { SchedulerConfig } from '../app-config.js';
import type { Environment, RawEnvironment } from '../environment.js';
import type { StorageType } from '../environment/job.environment.js';

/** What one backend makes of the environment; pure. */
export interface BackendLoader {
  /** Where job data can lie; the first is the one in force when STORAGE_TYPE is not set. */
  readonly storageTypes: readonly [StorageType, ...StorageType[]];
  /** True where jobs run on the very host of the service, which must then see the store. */
  readonly onThisHost: boolean;
  /** The address to listen on when HOST is not set. */
  readonly host: string;
  /** Reports what is wrong by variable name, never by value. */
  load(environment: Environment, raw: RawEnvironment, problems: string[]): LoadedBackend;
}

export interface LoadedBackend {
  readonly config: SchedulerConfig;
  /** What no job may ever mount. */
  readonly reservedPaths: readonly ReservedPath[];
  /** Settings that another one leaves without effect. */
  readonly warnings: readonly string[];
}

/** A variable that the environment class does not know, such as HOME. */
export function textOf(raw: RawEnvironment, name: string): string | undefined {
  const value = raw[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}
