import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Service } from './service.js';

let service: Service;

beforeAll(async () => {
  service = await Service.start({ CONTAINER_ENV: 'docker' });
});

afterAll(() => service.stop());

describe('readiness', () => {
  it.each(['/health/ready', '/health/ready/'])(
    '%s is 200 with every point while all is well',
    async (path) => {
      const { status, body } = await service.http.get(path);
      expect(status).toBe(200);
      expect(body).toMatchObject({
        status: 'ok',
        details: { engine: { status: 'up', detail: 'in memory' }, storage: { status: 'up' } },
      });
    },
  );

  it('is 503 with the failing point and its mend', async () => {
    service.backend.points = [
      { name: 'engine', ok: false, detail: 'no answer', mend: 'start the engine' },
    ];
    const { status, body } = await service.http.get('/health/ready');
    expect(status).toBe(503);
    expect(body).toMatchObject({
      status: 'error',
      error: { engine: { status: 'down', detail: 'no answer', mend: 'start the engine' } },
      details: { storage: { status: 'up' } },
    });
  });

  it('is the business of nobody else: the service stays live', async () => {
    expect(await service.http.get('/health/live')).toMatchObject({
      status: 200,
      body: { status: 'ok' },
    });
    expect((await service.http.send({ method: 'HEAD', path: '/health/live' })).status).toBe(200);
  });

  it('recovers by itself', async () => {
    service.backend.points = [{ name: 'engine', ok: true, detail: 'back' }];
    expect((await service.http.get('/health/ready')).status).toBe(200);
  });

  it('still is 200 for a store that only the engine sees, and says what that costs', async () => {
    await rm(service.store, { recursive: true });
    const { status, body } = await service.http.get('/health/ready');
    expect(status).toBe(200);
    expect(body).toMatchObject({
      details: { storage: { detail: expect.stringContaining('does not see') } },
    });
  });
});
