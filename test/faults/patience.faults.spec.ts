import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, postOf } from './asking.js';
import { FaultRig } from './fault-rig.js';
import { until } from './faulty-engine.js';

/** Leaves a line each time it runs. */
const MARK = 'echo run >>/share/outgoing/runs';
const SECOND = 1_000;

let rig: FaultRig;

beforeAll(async () => {
  rig = await FaultRig.up('docker', 'f-patience', { options: ['--live-restore'] });
});
afterAll(() => rig.down());

describe('a fault that lasts', () => {
  it.concurrent(
    'D2: an engine that stays away makes a POST a 503 after a minute and a half, not before',
    async () => {
      const proxy = await rig.addProxy('away');
      const service = await rig.serve({ socketPath: rig.socketOf('away') });
      await service.run('true');
      proxy.add({ fault: { kind: 'refuse' } });
      const answer = await ask(service, '/api/v1/', postOf(await service.job(MARK)));
      expect(answer.status).toBe(503);
      expect(answer.headers.get('retry-after')).toBe('5');
      expect(answer.took).toBeGreaterThan(85 * SECOND);
      expect(answer.took).toBeLessThan(95 * SECOND);
    },
  );

  it.concurrent(
    'D4: a create that is never answered is given up after a minute and found out: one run, 201',
    async () => {
      const proxy = await rig.addProxy('mute');
      const service = await rig.serve({ socketPath: rig.socketOf('mute') });
      const job = await service.job(MARK);
      proxy.add({ path: /\/create/, times: 1, fault: { kind: 'hang', after: 0 } });
      const answer = await ask(service, '/api/v1/', postOf(job));
      expect(answer.status).toBe(201);
      expect(answer.took).toBeGreaterThan(55 * SECOND);
      expect(answer.took).toBeLessThan(75 * SECOND);
      expect((await service.finish(job.jid))['status']).toBe('finishedSuccessfully');
      expect(await service.written(job, 'runs')).toBe('run\n');
    },
  );

  it.concurrent('D4: an event stream that is silent for a minute is opened anew', async () => {
    const proxy = await rig.addProxy('silent');
    const stream = proxy.add({
      path: /^\/events/,
      times: 1,
      fault: { kind: 'hang', after: 'headers' },
    });
    await rig.serve({ socketPath: rig.socketOf('silent') });
    await stream.hit;
    const opened = () => proxy.count('GET', /^\/events/);
    await until(() => opened() > 1, 75 * SECOND);
    expect(opened()).toBe(2);
  });
});

describe('an engine with live-restore', () => {
  it('D2: that ends and comes back leaves a job running, and its end is seen', async () => {
    const service = await rig.serve();
    const job = await service.job(
      `${MARK}; until [ -e /share/outgoing/stop ]; do sleep 0.1; done; exit 4`,
    );
    await service.submit(job);
    await service.until(job.jid, ({ status }) => status === 'started');
    const startAgain = await rig.engine.end();
    await until(async () => (await service.get(job.jid)).status === 503, 3 * SECOND);
    await startAgain();
    await until(async () => (await service.get(job.jid)).status === 200, 2 * SECOND);
    expect((await service.get(job.jid)).body['status']).toBe('started');
    await writeFile(join(rig.store, job.output_dir, 'stop'), '');
    expect((await service.finish(job.jid))['message']).toBe('exited with code 4');
    expect(await service.written(job, 'runs')).toBe('run\n');
  });
});
