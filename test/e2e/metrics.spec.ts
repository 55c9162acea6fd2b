import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Service } from './service.js';

let service: Service;

beforeAll(async () => {
  service = await Service.start();
});
afterAll(() => service.stop());

/** The value of a metric that has no labels. */
async function valueOf(name: string): Promise<number> {
  const { text } = await service.http.get('/metrics');
  return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]);
}

describe('/metrics', () => {
  it('is in the text format of Prometheus', async () => {
    const { status, headers, text } = await service.http.get('/metrics');
    expect(status).toBe(200);
    expect(headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(text).toMatch(/^# HELP pman_jobs .+\n# TYPE pman_jobs gauge\npman_jobs \d+$/m);
  });

  it('counts the jobs, and those that may still change, without their names', async () => {
    const before = [await valueOf('pman_jobs'), await valueOf('pman_jobs_live')];
    await service.post({ jid: 'of-a-patient' });
    expect([await valueOf('pman_jobs'), await valueOf('pman_jobs_live')]).toEqual(
      before.map((count) => count + 1),
    );
    expect((await service.http.get('/metrics')).text).not.toContain('of-a-patient');
    await service.http.delete('/api/v1/of-a-patient/');
    expect(await valueOf('pman_jobs')).toBe(before[0]);
  });

  it('tells how old the newest list is, and that the backend answers', async () => {
    expect(await valueOf('pman_list_age_seconds')).toBeLessThan(60);
    expect(await valueOf('pman_breaker_open')).toBe(0);
    expect(await valueOf('process_resident_memory_bytes')).toBeGreaterThan(1_000_000);
  });
});

describe('X-Status-Age', () => {
  it('is the time in milliseconds since the backend confirmed the status', async () => {
    await service.post({ jid: 'aged' });
    const { headers } = await service.http.get('/api/v1/aged/');
    expect(headers['x-status-age']).toMatch(/^\d+$/);
    expect(Number(headers['x-status-age'])).toBeLessThan(60_000);
  });
});
