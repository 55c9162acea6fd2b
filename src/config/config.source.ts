import type { DynamicModule } from '@nestjs/common';
import { ConfigModule } from '@nestjs/config';
import type { AppConfig } from './app-config.js';
import { loadConfig } from './load-config.js';

export interface LoadedConfig {
  readonly config: AppConfig;
  readonly module: DynamicModule;
}

/**
 * Reads the process's environment and a `.env` file (the environment wins), once, before any module
 * is chosen.
 * @throws ConfigError with every problem at once.
 */
export async function readConfig(): Promise<LoadedConfig> {
  const loaded: AppConfig[] = [];
  const validate = (raw: Record<string, unknown>): Record<string, unknown> => {
    const config = loadConfig(raw);
    loaded.push(config);
    return { app: config };
  };
  const module = await ConfigModule.forRoot({ isGlobal: true, cache: true, validate });
  const [config] = loaded;
  if (config === undefined) throw new Error('the configuration was not read');
  return { config, module };
}
