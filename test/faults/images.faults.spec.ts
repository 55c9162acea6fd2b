import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Harness, Job } from '../contract/harness.js';
import { ask, median } from './asking.js';
import { startFaultProxy, type FaultProxy } from './fault-proxy.js';
import type { Fault } from './fault-rules.js';
import { FaultRig } from './fault-rig.js';
import { publish, startRegistry, type Registry } from './registry.js';

/** Leaves a line each time it runs. */
const MARK = 'echo run >>/share/outgoing/runs';
const MEGABYTE = 1_000_000;
const LARGE = Array.from({ length: 8 }, (_, index) => `large-${index}`);

let rig: FaultRig;
let harness: Harness;
let open: Registry;
let closed: Registry;
/** A way to the registry that a test may harm. */
let proxy: FaultProxy;

beforeAll(async () => {
  rig = await FaultRig.up('docker', 'f-images');
  open = await startRegistry(join(rig.engine.folder, 'open'), false);
  closed = await startRegistry(join(rig.engine.folder, 'closed'), true);
  proxy = await startFaultProxy({ port: 0 }, { port: open.port });
  harness = await rig.serve();
  await publish(rig, open, 'small', 1_000);
  for (const name of LARGE) await publish(rig, open, name, MEGABYTE);
  await publish(rig, closed, 'secret', 1_000);
});
afterEach(() => proxy.heal());
afterAll(async () => {
  await proxy.close();
  await rig.down();
  await Promise.all([open.close(), closed.close()]);
});

const at = (port: number, name: string): string => `127.0.0.1:${port}/${name}:1`;

async function assertRefused(job: Job, words: RegExp): Promise<void> {
  const { status, body } = await harness.post(job);
  expect({ status, body }).toEqual({
    status: 422,
    body: { message: expect.stringMatching(words) },
  });
  expect(body['message']).toContain(String(job['image']));
  expect((await harness.get(job.jid)).status).toBe(404);
  expect((await rig.containers()).filter((name) => name.includes(job.jid))).toEqual([]);
  const { data } = await rig.engine.http.get<{ Volumes: object[] | null }>('/volumes');
  expect(JSON.stringify(data.Volumes ?? [])).not.toContain(job.jid);
}

describe('an image that is not there', () => {
  it.each<[string, () => number, RegExp]>([
    ['and no registry either', () => 1, /connection refused/],
    ['in its registry', () => open.port, /manifest unknown|not found/],
  ])(
    'D7: %s is a refusal with its name and the words of the registry',
    async (_words, port, words) => {
      await assertRefused(await harness.job(MARK, { image: at(port(), 'absent') }), words);
    },
  );
});

describe('a slow pull', () => {
  it('D8: of eight images, three at a time, holds up no poll and no job whose image is there', async () => {
    const { job: known } = await harness.run('true');
    const pace = { kind: 'throttle', bytesPerSecond: MEGABYTE / 2 } as const;
    proxy.add({ method: 'GET', path: /large-\d\/blobs/, fault: pace });
    const jobs = await Promise.all(
      LARGE.map((name) => harness.job(MARK, { image: at(proxy.port, name) })),
    );
    const pulls: number[] = [];
    const watch = setInterval(() => pulls.push(rig.proxy.open(/^\/images\/create/)), 20);
    const posts = jobs.map((job) => harness.submit(job));
    const times: number[] = [];
    for (let poll = 0; poll < 20; poll += 1) {
      times.push((await ask(harness, `/api/v1/${known.jid}/`)).took);
    }
    expect(median(times)).toBeLessThan(250);
    const ninth = harness.run('echo ninth').then(() => performance.now());
    const all = Promise.all(posts).then(() => performance.now());
    expect(await ninth).toBeLessThan(await all);
    for (const job of jobs) {
      expect((await harness.finish(job.jid))['status']).toBe('finishedSuccessfully');
      expect(await harness.written(job, 'runs')).toBe('run\n');
    }
    clearInterval(watch);
    expect(Math.max(...pulls)).toBe(3);
  });

  it('D8: of one image for eight jobs is one pull', async () => {
    await rig.engine.http.delete(`/images/${at(proxy.port, 'large-0')}?force=1`);
    await harness.crashAndRestart();
    const before = rig.proxy.count('POST', /^\/images\/create/);
    const jobs = await Promise.all(
      LARGE.map(() => harness.job(MARK, { image: at(proxy.port, 'large-0') })),
    );
    await Promise.all(jobs.map((job) => harness.submit(job)));
    for (const job of jobs) await harness.finish(job.jid);
    expect(rig.proxy.count('POST', /^\/images\/create/) - before).toBe(1);
  });
});

describe('a pull that is refused', () => {
  const otherMachine = JSON.stringify({
    schemaVersion: 2,
    mediaType: 'application/vnd.docker.distribution.manifest.list.v2+json',
    manifests: [
      {
        mediaType: 'application/vnd.docker.distribution.manifest.v2+json',
        size: 500,
        digest: `sha256:${'a'.repeat(64)}`,
        platform: { architecture: 's390x', os: 'linux' },
      },
    ],
  });

  it.each<[string, RegExp, Fault, RegExp]>([
    [
      'for another machine',
      /manifests/,
      {
        kind: 'answer',
        status: 200,
        body: otherMachine,
        headers: { 'content-type': 'application/vnd.docker.distribution.manifest.list.v2+json' },
      },
      /no matching manifest for linux/,
    ],
    [
      'for what its content is',
      /blobs/,
      { kind: 'rewrite', change: ({ status }) => ({ status, body: 'something else' }) },
      /verification failed|digest|unexpected/i,
    ],
    [
      'for ever',
      /manifests/,
      {
        kind: 'answer',
        status: 403,
        body: '{"errors":[{"code":"DENIED","message":"not for you"}]}',
      },
      /denied|not for you/,
    ],
  ])('D9: %s says so and leaves nothing', async (_words, path, fault, words) => {
    proxy.add({ path, fault });
    await assertRefused(await harness.job(MARK, { image: at(proxy.port, 'small') }), words);
  });

  it('D9: without credentials says so, and with them is none', async () => {
    const image = at(closed.port, 'secret');
    await assertRefused(
      await harness.job(MARK, { image }),
      /no basic auth credentials|unauthorized/,
    );
    const file = join(rig.engine.folder, 'auth.json');
    await writeFile(file, closed.authFor(closed.port));
    const service = await rig.serve({ variables: { REGISTRY_AUTH_FILE: file } });
    const { answer } = await service.run('echo secret', { image });
    expect(answer['logs']).toBe('secret\n');
    expect(service.serviceLog.join('')).not.toContain('horse');
  });

  it('D9: for a moment is tried again within the request', async () => {
    const tooMany = proxy.add({
      path: /manifests/,
      times: 2,
      fault: {
        kind: 'answer',
        status: 429,
        headers: { 'retry-after': '1', 'content-type': 'application/json' },
        body: '{"errors":[{"code":"TOOMANYREQUESTS","message":"too many requests"}]}',
      },
    });
    const { job, answer } = await harness.run(MARK, { image: at(proxy.port, 'small') });
    expect(answer['status']).toBe('finishedSuccessfully');
    expect(tooMany.hits).toBe(2);
    expect(await harness.written(job, 'runs')).toBe('run\n');
  });
});
