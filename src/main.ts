import 'reflect-metadata';
import { createApp } from './app.js';
import { readConfig } from './config/config.source.js';
import { ConfigError } from './config/load-config.js';
import { PinoEventLog } from './http/pino-event-log.js';

const EXIT_CONFIG = 78; // EX_CONFIG of sysexits.h
const EXIT_FAILURE = 1;

/** The only place that ends the process. */
async function main(): Promise<void> {
  const { config, module } = await readConfig();
  const log = new PinoEventLog(config.logLevel);
  for (const warning of config.warnings) log.warn(warning);
  const app = await createApp(config, module, log);
  await app.listen(config.http.port, config.http.host);
  log.info('listening', { address: await app.getUrl(), backend: config.scheduler.backend });
}

main().catch((error: unknown) => {
  const sentence = error instanceof Error ? error.message : String(error);
  process.stderr.write(`pman cannot start: ${sentence}\n`);
  process.exit(error instanceof ConfigError ? EXIT_CONFIG : EXIT_FAILURE);
});
