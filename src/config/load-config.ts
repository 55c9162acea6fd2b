import type { AppConfig } from './app-config.js';
import { BACKENDS } from './backends.js';
import { parseEnvironment, type RawEnvironment } from './environment.js';
import { loadJobPolicy } from './job-policy.config.js';
import { ineffectiveSettings, misspeltVariables } from './setting-warnings.js';
import { loadStorage } from './storage.config.js';

/** Every problem of an environment, by variable name and never by value. */
export class ConfigError extends Error {
  constructor(readonly problems: readonly string[]) {
    super(`the configuration has ${problems.length} problem(s):\n- ${problems.join('\n- ')}`);
    this.name = 'ConfigError';
  }
}

/**
 * Parses and checks the whole environment. Pure.
 * @throws ConfigError with all problems at once.
 */
export function loadConfig(raw: RawEnvironment): AppConfig {
  const problems: string[] = [];
  const environment = parseEnvironment(raw, problems);
  const name = environment.CONTAINER_ENV ?? 'docker';
  const loader = BACKENDS[name];
  const backend = loader.load(environment, raw, problems);
  const storage = loadStorage(environment, loader, backend, problems);
  const jobs = loadJobPolicy(environment, problems);
  if (problems.length > 0) throw new ConfigError(problems);
  return {
    http: { host: environment.HOST ?? loader.host, port: environment.PORT ?? 5010 },
    logLevel: (environment.LOG_LEVEL ?? 'info') as AppConfig['logLevel'],
    scheduler: backend.config,
    storage,
    jobs,
    warnings: [
      ...misspeltVariables(Object.keys(raw)),
      ...ineffectiveSettings(environment, name, storage.type),
      ...backend.warnings,
    ],
  };
}
