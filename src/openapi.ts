import 'reflect-metadata';
import { writeFileSync } from 'node:fs';
import { createApp } from './app.js';
import { loadConfig } from './config/load-config.js';
import { createOpenApi } from './http/openapi.js';
import { PinoEventLog } from './http/pino-event-log.js';
import { ConfigModule } from '@nestjs/config';

/** Writes the OpenAPI document to the file named by the first argument; nothing listens. */
const config = loadConfig({ VOLUME_NAME: 'unused' });
const module = await ConfigModule.forRoot({ ignoreEnvFile: true, ignoreEnvVars: true });
const app = await createApp(config, module, new PinoEventLog('error'));
writeFileSync(
  process.argv[2] ?? 'openapi.json',
  `${JSON.stringify(createOpenApi(app), null, 2)}\n`,
);
await app.close();
