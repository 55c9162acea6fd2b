import 'reflect-metadata';
import { ConfigModule } from '@nestjs/config';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { createApp } from '../../src/app.js';
import { loadConfig } from '../../src/config/load-config.js';
import { ROUTES, allowedMethods } from '../../src/http/allowed-methods.js';
import { createOpenApi } from '../../src/http/openapi.js';
import { PinoEventLog } from '../../src/http/pino-event-log.js';

const COMMITTED = resolve(import.meta.dirname, '../../openapi.json');
const METHODS = ['get', 'post', 'put', 'patch', 'delete', 'options', 'trace'];

type Operations = Readonly<
  Record<string, { readonly responses?: Readonly<Record<string, unknown>> }>
>;

let generated: { readonly openapi: string; readonly paths: Readonly<Record<string, Operations>> };

beforeAll(async () => {
  const settings = await ConfigModule.forRoot({ ignoreEnvFile: true, ignoreEnvVars: true });
  const log = new PinoEventLog('error');
  const app = await createApp(loadConfig({ VOLUME_NAME: 'unused' }), settings, log);
  // What is not JSON, such as an absent value, is not part of a document.
  generated = JSON.parse(JSON.stringify(createOpenApi(app))) as typeof generated;
  await app.close();
});

describe('the OpenAPI document', () => {
  it('that is committed is the one that is generated (npm run openapi)', async () => {
    expect(generated).toEqual(JSON.parse(await readFile(COMMITTED, 'utf8')));
  });

  it('is of version 3.1', () => {
    expect(generated.openapi).toBe('3.1.0');
  });

  it('describes exactly the routes of the service and their methods', () => {
    const described = Object.entries(generated.paths).map(([path, operations]) => {
      const methods = METHODS.filter((method) => method in operations).map((method) =>
        method.toUpperCase(),
      );
      return [path, methods.toSorted()];
    });
    const known = Object.keys(generated.paths).map((path) => {
      const methods = allowedMethods(path.replace('{jid}', 'job-1'))?.split(', ') ?? [];
      return [path, methods.filter((method) => method !== 'HEAD').toSorted()];
    });
    expect(described).toEqual(known);
  });

  it('leaves out no route but itself', () => {
    const paths = Object.keys(generated.paths).map((path) => path.replace('{jid}', 'job-1'));
    const undescribed = ROUTES.filter(([pattern]) => !paths.some((path) => pattern.test(path)));
    expect(undescribed.map(([pattern]) => pattern.test('/openapi.json'))).toEqual([true]);
  });

  it('gives each call the one success that clients know', () => {
    const success = (path: string, method: string): string[] =>
      Object.keys(generated.paths[path]?.[method]?.responses ?? {}).filter(
        (status) => status < '400',
      );
    expect(success('/api/v1', 'get')).toEqual(['200']);
    expect(success('/api/v1', 'post')).toEqual(['201']);
    expect(success('/api/v1/{jid}', 'get')).toEqual(['200']);
    expect(success('/api/v1/{jid}', 'delete')).toEqual(['204']);
  });
});
