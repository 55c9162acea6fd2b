import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Service } from './service.js';

const NO_SOCKET = '/srv/no-such-folder/no-such-engine.sock';
const UNAVAILABLE = {
  message: expect.stringMatching(/^the container engine cannot be reached \(request .*\)$/),
};

describe.each([
  ['a socket that is not there', `unix://${NO_SOCKET}`],
  ['an address where nobody listens', 'tcp://127.0.0.1:9'],
])('a service whose engine is at %s', (_words, DOCKER_HOST) => {
  let service: Service;

  beforeAll(async () => {
    service = await Service.startOnItsOwn({ CONTAINER_ENV: 'docker', DOCKER_HOST });
  });

  afterAll(() => service.stop());

  it.each([
    ['POST', () => service.post()],
    ['GET', () => service.http.get('/api/v1/job-1/')],
    ['DELETE', () => service.http.delete('/api/v1/job-1/')],
  ])(
    'answers a %s with 503 and Retry-After within seconds, and does not tell where the engine is',
    async (_method, call) => {
      const began = performance.now();
      const { status, headers, body, text } = await call();
      expect({ status, body }).toEqual({ status: 503, body: UNAVAILABLE });
      expect(headers['retry-after']).toBe('5');
      expect(text).not.toMatch(/sock|127\.0\.0\.1|ECONN|ENOENT/);
      expect(performance.now() - began).toBeLessThan(5_000);
    },
  );

  it('is not ready, says how to mend it, and stays live', async () => {
    const { status, body } = await service.http.get('/health/ready');
    expect(status).toBe(503);
    expect(body).toMatchObject({
      error: {
        engine: {
          status: 'down',
          mend: 'start Docker or Podman, or point DOCKER_HOST at the engine',
        },
      },
    });
    expect((await service.http.get('/health/live')).status).toBe(200);
    expect((await service.http.get('/api/v1/')).status).toBe(200);
  });

  it('refuses what is wrong with a request as ever', async () => {
    expect((await service.post({ jid: '../x' })).status).toBe(400);
  });
});
