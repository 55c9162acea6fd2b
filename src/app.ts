import type { DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { AppModule } from './app.module.js';
import { createHttpAdapter, setUpApp } from './app.setup.js';
import type { AppConfig } from './config/app-config.js';
import type { PinoEventLog } from './http/pino-event-log.js';
import type { LoadBackend } from './scheduling/scheduling.module.js';

/** Builds the whole service for a configuration; it does not listen yet. */
export async function createApp(
  config: AppConfig,
  configModule: DynamicModule,
  log: PinoEventLog,
  loadBackend?: LoadBackend,
): Promise<NestFastifyApplication> {
  const app = await NestFactory.create<NestFastifyApplication>(
    AppModule.forRoot(config, log, configModule, loadBackend),
    createHttpAdapter(),
    { bodyParser: false, logger: log, abortOnError: false },
  );
  setUpApp(app, log);
  return app;
}
