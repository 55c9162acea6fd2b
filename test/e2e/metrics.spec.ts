import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { backendError, jobRefused } from '../../src/scheduling/domain/scheduling-errors.js';
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

describe('/metrics of a service at work', () => {
  it('counts submissions by their outcome, and errors of the backend', async () => {
    await service.post({ jid: 'counted' });
    service.backend.failNext('submit', jobRefused('no such program'), backendError('broken'));
    expect((await service.post({ jid: 'refused' })).status).toBe(422);
    expect((await service.post({ jid: 'broken' })).status).toBe(502);
    const { text } = await service.http.get('/metrics');
    expect(text).toMatch(/^# TYPE pman_submissions_total counter$/m);
    expect(text).toMatch(/^pman_submissions_total\{outcome="accepted"\} [1-9]/m);
    expect(text).toMatch(/^pman_submissions_total\{outcome="JobRefused"\} 1$/m);
    expect(text).toMatch(/^pman_backend_errors_total\{error="BackendError"\} 1$/m);
    expect(await valueOf('pman_event_streams_opened_total')).toBeGreaterThan(0);
  });

  it('tells how long answers take by route and code, and which build it is', async () => {
    await service.http.get('/api/v1/nobody-at-all/');
    const { text } = await service.http.get('/metrics');
    const name = 'pman_http_request_duration_seconds';
    expect(text).toMatch(
      new RegExp(`^${name}_count\\{method="GET",route="/api/v1/:jid",code="404"\\} [1-9]`, 'm'),
    );
    expect(text).not.toContain('nobody-at-all');
    expect(text).toMatch(
      /^pman_build_info\{version="[\d.]+",backend="docker",storage="host"\} 1$/m,
    );
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
