import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, postOf } from './asking.js';
import { startFaultProxy, type FaultProxy } from './fault-proxy.js';
import { FaultRig } from './fault-rig.js';
import { publish, startRegistry, type Registry } from './registry.js';
import { until } from './faulty-engine.js';

/** Leaves a line each time it runs. */
const MARK = 'echo run >>/share/outgoing/runs';
const SECOND = 1_000;

const MEGABYTE = 1_000_000;
/** Longer than a client is kept waiting for an image. */
const LATE_SECONDS = 66;
const PATIENCE_MS = 240_000;

let rig: FaultRig;
let registry: Registry;
/** In front of the registry, one for each test that spoils it. */
let slow: FaultProxy;
let late: FaultProxy;

beforeAll(async () => {
  rig = await FaultRig.up('docker', 'f-patience', { options: ['--live-restore'] });
  registry = await startRegistry(join(rig.engine.folder, 'registry'), false);
  slow = await startFaultProxy({ port: 0 }, { port: registry.port });
  late = await startFaultProxy({ port: 0 }, { port: registry.port });
  await publish(rig, registry, 'huge', 3 * MEGABYTE);
});
afterAll(async () => {
  await slow.close();
  await late.close();
  await rig.down();
  await registry.close();
});

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
    PATIENCE_MS,
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
    PATIENCE_MS,
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

  it.concurrent(
    'D8: a pull that is longer than a client waits is kept, also by a crash, and its job runs once',
    async () => {
      const service = await rig.serve();
      const job = await service.job(MARK, { image: `127.0.0.1:${slow.port}/huge:1` });
      const pace = { kind: 'throttle', bytesPerSecond: (3 * MEGABYTE) / LATE_SECONDS } as const;
      slow.add({ method: 'GET', path: /huge\/blobs/, fault: pace });
      const { status, body } = await service.post(job);
      expect({ status, body }).toMatchObject({
        status: 201,
        body: { status: 'notstarted', message: expect.stringMatching(/^pulling image/) },
      });
      await service.crashAndRestart();
      expect((await service.get(job.jid)).body).toMatchObject({ status: 'notstarted' });
      slow.heal();
      slow.dropConnections();
      expect((await service.finish(job.jid))['status']).toBe('finishedSuccessfully');
      expect(await service.written(job, 'runs')).toBe('run\n');
    },
    PATIENCE_MS,
  );

  it.concurrent(
    'D7: a pull that is refused later is an error with the words of the registry',
    async () => {
      const service = await rig.serve();
      const job = await service.job(MARK, { image: `127.0.0.1:${late.port}/absent:1` });
      const fault = { kind: 'delay', what: 'answer', milliseconds: LATE_SECONDS * 1_000 } as const;
      late.add({ path: /absent\/manifests/, times: 1, fault });
      expect((await service.post(job)).status).toBe(201);
      const answer = await service.finish(job.jid);
      expect(answer['status']).toBe('finishedWithError');
      expect(answer['message']).toMatch(/absent.*manifest unknown/s);
      expect(answer['logs']).toContain(answer['message']);
      expect((await service.delete(job.jid)).status).toBe(204);
    },
    PATIENCE_MS,
  );
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
