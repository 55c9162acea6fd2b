import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Harness, Job } from '../contract/harness.js';
import { ask, median, postOf, type Timed } from './asking.js';
import { startFaultProxy } from './fault-proxy.js';
import type { Fault } from './fault-rules.js';
import { FaultRig } from './fault-rig.js';
import { until } from './faulty-engine.js';

/** Runs until it is told to end; writes how often it was started. */
const PATIENT = `echo run >>/share/outgoing/runs; trap 'exit 7' TERM; while :; do sleep 0.1; done`;

/** Longer than a restart of an engine takes. */
const OUTAGE_MS = 20_000;

let rig: FaultRig;
let harness: Harness;

beforeAll(async () => {
  rig = await FaultRig.up('docker', 'f-outage');
  harness = await rig.serve();
});
afterEach(() => rig.proxy.heal());
afterAll(() => rig.down());

async function running(script = PATIENT): Promise<Job> {
  const job = await harness.job(script);
  await harness.submit(job);
  await harness.until(job.jid, ({ status }) => status === 'started');
  return job;
}

const readiness = async (asked = harness) => (await ask(asked, '/health/ready')).status;

describe('an engine that is not there', () => {
  it('D1: a service that starts before its engine answers 503 at once and needs no restart', async () => {
    const socketPath = rig.socketOf('late');
    const early = await rig.serve({ socketPath });
    const { pid } = early.running;
    expect((await ask(early, '/health/live')).status).toBe(200);
    expect(await readiness(early)).toBe(503);
    const job = await early.job('true');
    for (const init of [{}, postOf(job), { method: 'DELETE' }]) {
      const path = init.method === 'POST' ? '/api/v1/' : `/api/v1/${job.jid}/`;
      const answers = [];
      for (let round = 0; round < 5; round += 1) answers.push(await ask(early, path, init));
      expect(answers.map(({ status }) => status)).toEqual([503, 503, 503, 503, 503]);
      expect(answers[0]?.headers.get('retry-after')).toBe('5');
      const times = answers.map(({ took }) => took);
      expect(median(times)).toBeLessThan(100);
      // A machine with other work to do is late now and then, but nothing is ever waited for.
      expect(Math.max(...times)).toBeLessThan(1_000);
    }
    const appeared = await startFaultProxy({ socketPath }, rig.engine);
    await until(async () => (await readiness(early)) === 200, 2_000);
    await early.submit(job);
    expect((await early.finish(job.jid))['status']).toBe('finishedSuccessfully');
    expect(process.kill(pid, 0)).toBe(true);
    await early.stop();
    await appeared.close();
  });

  it('D2: of a job that has ended the state stays, of one that runs it is a 503, and a POST waits for the engine', async () => {
    const { job: ended } = await harness.run('echo kept; exit 3');
    const live = await running();
    const startAgain = await rig.engine.end();
    expect((await harness.get(ended.jid)).body).toMatchObject({
      status: 'finishedWithError',
      logs: expect.stringMatching(/^kept\n/),
    });
    await until(async () => (await harness.get(live.jid)).status === 503, 3_000);
    const waiting = harness.run('echo waited');
    await until(() => rig.proxy.count('POST') > 0, 5_000);
    await sleep(OUTAGE_MS);
    expect((await harness.get(ended.jid)).body['logs']).toMatch(/^kept\n/);
    await startAgain();
    expect((await waiting).answer).toMatchObject({ logs: 'waited\n' });
    await until(async () => (await readiness()) === 200, 2_000);
    expect((await harness.finish(live.jid))['message']).toContain('7');
    expect(await harness.written(live, 'runs')).toBe('run\n');
  });

  it.each([
    ['its folder, with the next request', (path: string) => path.replace(/[^/]+$/, '')],
    ['the file, only in words', (path: string) => path],
  ])(
    'D3: a socket file that is made anew is found where a container mounts %s',
    async (_words, mounted) => {
      const name = `mounted-${mounted('x') === '' ? 'folder' : 'file'}`;
      const folder = join(rig.engine.folder, name);
      await mkdir(folder);
      const socketPath = join(folder, 'engine.sock');
      const before = await startFaultProxy({ socketPath }, rig.engine);
      const inside = join(rig.engine.folder, `inside-${name}`);
      await mkdir(inside);
      await writeFile(join(inside, 'engine.sock'), '');
      const mount = `mount --bind ${mounted(socketPath)} ${mounted(join(inside, 'engine.sock'))} && exec "$@"`;
      const service = await rig.serve({
        socketPath: join(inside, 'engine.sock'),
        wrapper: ['unshare', '--mount', 'sh', '-c', mount, 'sh'],
      });
      await until(async () => (await readiness(service)) === 200, 2_000);
      await before.close();
      const after = await startFaultProxy({ socketPath }, rig.engine);
      if (name === 'mounted-folder') {
        await until(async () => (await readiness(service)) === 200, 2_000);
        expect((await service.run('true')).answer['status']).toBe('finishedSuccessfully');
      } else {
        await until(async () => (await readiness(service)) === 503, 2_000);
        expect((await ask(service, '/health/ready')).text).toContain(
          'mount the folder of the socket',
        );
      }
      await service.stop();
      await after.close();
    },
  );
});

describe('an engine that takes requests and does not answer', () => {
  it('D4: an engine that is frozen holds no GET, opens the circuit, and is back two seconds after it thaws', async () => {
    const { job: ended } = await harness.run('echo kept');
    const live = await running();
    const cold = await harness.job('echo never read');
    await harness.submit(cold);
    await until(async () => (await rig.stateOf(cold.jid)) === 'exited', 10_000);
    const poll = async (count: number) =>
      Promise.all(
        Array.from({ length: count }, async (_, index) => {
          const isEnded = index % 2 === 0;
          const answer = await ask(harness, `/api/v1/${(isEnded ? ended : live).jid}/`);
          return { ...answer, expected: isEnded ? 200 : 503 };
        }),
      );
    await rig.engine.freeze();
    try {
      await until(async () => (await harness.get(live.jid)).status === 503, 5_000);
      const answers = await poll(100);
      expect(answers.map(({ status }) => status)).toEqual(answers.map(({ expected }) => expected));
      expect(Math.max(...answers.map(({ took }) => took))).toBeLessThan(2_500);
      // The circuit opens: nobody waits any more, but for the one that probes.
      await until(async () => median((await poll(20)).map(({ took }) => took)) < 100, 15_000);
      const unread = await ask(harness, `/api/v1/${cold.jid}/`);
      expect([200, 503]).toContain(unread.status);
      expect(unread.took).toBeLessThan(2_500);
    } finally {
      await rig.engine.thaw();
    }
    // The engine is ready at once; the circuit closes with the next probe, of which there is one a second.
    const isBack = async (): Promise<boolean> =>
      (await readiness()) === 200 && (await harness.get(cold.jid)).status === 200;
    await until(isBack, 2_000);
    expect((await harness.get(cold.jid)).body['logs']).toBe('never read\n');
    expect((await harness.get(live.jid)).body['status']).toBe('started');
    expect((await harness.delete(live.jid)).status).toBe(204);
  });

  it.each<[string, RegExp, Fault]>([
    ['a look-up that is swallowed', /chris.*json/, { kind: 'swallow' }],
    ['a look-up that hangs after its headers', /chris.*json/, { kind: 'hang', after: 'headers' }],
    ['a look-up that hangs in its body', /chris.*json/, { kind: 'hang', after: 900 }],
    ['a log that hangs after its headers', /\/logs/, { kind: 'hang', after: 'headers' }],
  ])('D4: %s ends at its deadline and is a 503', async (_words, path, fault) => {
    const job = await running('echo some words; exec sleep 300');
    expect((await harness.until(job.jid, ({ logs }) => logs !== ''))['status']).toBe('started');
    rig.proxy.add({ path, fault });
    await rig.engine.http.post(`/containers/${job.jid}/pause`);
    const polls: Timed[] = [];
    await until(async () => {
      polls.push(await ask(harness, `/api/v1/${job.jid}/`));
      return polls.at(-1)?.status === 503;
    }, 8_000);
    expect(Math.max(...polls.map(({ took }) => took))).toBeLessThan(6_000);
    rig.proxy.heal();
    await until(
      async () => (await harness.get(job.jid)).body['message'] === 'paused on the engine',
      5_000,
    );
    await harness.delete(job.jid);
  });
});

describe('an answer of the engine that is damaged', () => {
  it('D5: a look-up that is cut anywhere is asked again, and of a log that is cut no half is shown', async () => {
    const damages: readonly Fault[] = [
      ...([0, 1, 16, 100, 'headers', 300, 1_000] as const).map((after): Fault => ({
        kind: 'cut',
        after,
      })),
      { kind: 'garble', change: (bytes) => bytes.replace(/\r\n\r\n[^]*/, '\r\n\r\n{"Id":') },
      { kind: 'garble', change: (bytes) => bytes.replace('\r\n\r\n', '\r\n\r\nno size') },
      { kind: 'garble', change: (bytes) => bytes.replace('HTTP/1.1', 'HTTQ/1.1') },
    ];
    for (const fault of damages) {
      const job = await harness.job('yes words | head -n 300; echo the end');
      await harness.submit(job);
      await until(async () => (await rig.stateOf(job.jid)) === 'exited', 10_000);
      const log = rig.proxy.add({ path: /\/logs/, times: 1, fault });
      const first = await harness.get(job.jid);
      if (first.status === 200) expect(first.body['logs']).toMatch(/the end\n$/);
      expect((await harness.get(job.jid)).body['logs']).toMatch(/^words\n[^]*words\nthe end\n$/);
      const lookUp = rig.proxy.add({ path: new RegExp(`${job.jid}/json`), times: 1, fault });
      // A repeat asks the engine, whatever is known.
      const repeat = await ask(harness, '/api/v1/', postOf(job));
      expect(repeat.status, JSON.stringify(fault)).toBe(201);
      expect(JSON.parse(repeat.text)).toMatchObject({ status: 'finishedSuccessfully' });
      expect(repeat.took).toBeLessThan(2_000);
      expect([lookUp.hits, log.hits]).toEqual([1, 1]);
      rig.proxy.heal();
    }
  });

  it('D5: a list that is cut is asked for again, and a create that is cut is found out', async () => {
    const list = /^\/containers\/json/;
    for (const after of [0, 16, 'headers', 300] as const) {
      const cut = rig.proxy.add({ path: list, times: 1, fault: { kind: 'cut', after } });
      rig.proxy.add({ path: /\/create/, times: 1, fault: { kind: 'cut', after } });
      // The stream of events begins anew, and with it a list.
      rig.proxy.dropConnections();
      const { job, answer } = await harness.run('echo run >>/share/outgoing/runs');
      expect(answer['status']).toBe('finishedSuccessfully');
      expect(await harness.written(job, 'runs')).toBe('run\n');
      await until(() => cut.hits === 1, 5_000);
      await until(async () => (await readiness()) === 200, 2_000);
      expect((await harness.get(job.jid)).status).toBe(200);
      rig.proxy.heal();
    }
  });
});
