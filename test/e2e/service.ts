import 'reflect-metadata';
import { ConfigModule } from '@nestjs/config';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApp } from '../../src/app.js';
import { loadConfig } from '../../src/config/load-config.js';
import { PinoEventLog } from '../../src/http/pino-event-log.js';
import type { LoadBackend } from '../../src/scheduling/scheduling.module.js';
import { jobBody, type Body } from '../fakes/builders.js';
import { InMemoryScheduler } from '../fakes/in-memory.scheduler.js';
import { HttpClient, type Answer } from './http-client.js';

/** The whole service on a port of its own, over a backend in memory and a store on disk. */
export class Service {
  private constructor(
    readonly app: NestFastifyApplication,
    readonly http: HttpClient,
    readonly backend: InMemoryScheduler,
    /** Path of the store, which has `key-1/incoming`. */
    readonly store: string,
    /** What was logged, a line each. */
    readonly logLines: readonly string[],
  ) {}

  static async start(
    variables: Readonly<Record<string, string>> = {},
    backend = new InMemoryScheduler(),
  ): Promise<Service> {
    return Service.startWith(variables, backend, () => Promise.resolve(backend));
  }

  /** With the backend that the variables choose; the one in memory has no part in it. */
  static async startOnItsOwn(variables: Readonly<Record<string, string>>): Promise<Service> {
    return Service.startWith(variables, new InMemoryScheduler(), undefined);
  }

  private static async startWith(
    variables: Readonly<Record<string, string>>,
    backend: InMemoryScheduler,
    loadBackend: LoadBackend | undefined,
  ): Promise<Service> {
    const store = await mkdtemp(join(tmpdir(), 'pman-e2e-'));
    await mkdir(join(store, 'key-1/incoming'), { recursive: true });
    const config = loadConfig({ STORAGE_TYPE: 'host', STOREBASE: store, ...variables });
    const logLines: string[] = [];
    const log = new PinoEventLog(config.logLevel, { write: (line) => void logLines.push(line) });
    const settings = await ConfigModule.forRoot({ ignoreEnvFile: true, ignoreEnvVars: true });
    const app = await createApp(config, settings, log, loadBackend);
    await app.listen(0, '127.0.0.1');
    const { port } = app.getHttpServer().address() as AddressInfo;
    return new Service(app, new HttpClient(port), backend, store, logLines);
  }

  get port(): number {
    return this.http.port;
  }

  /** Sends a body of the v1 API with some of its fields changed; `undefined` leaves a field out. */
  post(changes: Body = {}): Promise<Answer> {
    return this.http.postJson('/api/v1/', jobBody(changes));
  }

  async stop(): Promise<void> {
    this.http.close();
    await this.app.close();
    await rm(this.store, { recursive: true, force: true });
  }
}
