import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Harness } from '../contract/harness.js';
import { ask, median } from './asking.js';
import type { Fault } from './fault-rules.js';
import { reorderLines } from './fault-streams.js';
import { FaultRig } from './fault-rig.js';
import { until } from './faulty-engine.js';

const OUR_LABELS = {
  'org.chrisproject.pman.managed-by': 'pman',
  'org.chrisproject.pman.jid': 'flood',
};
const EVENTS = /^\/events/;
/** As long as thousands of containers may take to come and go on a busy machine. */
const FLOOD_MS = 300_000;

let rig: FaultRig;
let harness: Harness;

beforeAll(async () => {
  rig = await FaultRig.up('docker', 'f-events');
  harness = await rig.serve();
});
afterEach(() => rig.proxy.heal());
afterAll(() => rig.down());

/** The service subscribes anew, and this time with a fault in the way. */
async function subscribeWith(fault: Fault): Promise<void> {
  const rule = rig.proxy.add({ path: EVENTS, fault });
  rig.proxy.dropConnections();
  await rule.hit;
}

async function pingTime(): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < 20; round += 1) {
    const began = performance.now();
    await rig.engine.http.get('/_ping');
    times.push(performance.now() - began);
  }
  return median(times);
}

/** Some at a time, as an engine on a small machine likes it. */
async function repeatedly(count: number, act: (index: number) => Promise<unknown>): Promise<void> {
  const indices = Array.from({ length: count }, (_, index) => index).values();
  const lane = async (): Promise<void> => {
    for (const index of indices) await act(index);
  };
  await Promise.all([lane(), lane(), lane(), lane()]);
}

describe('the event stream of the engine', () => {
  it.each<[string, Fault]>([
    ['without its events', { kind: 'lines', change: () => [] }],
    ['with every event twice', { kind: 'lines', change: (line) => [line, line] }],
    ['in another order', { kind: 'lines', change: reorderLines(/./) }],
    ['of rubbish', { kind: 'lines', change: () => ['{"Actor":', '[]', '\u0000'] }],
    ['in silence', { kind: 'hang', after: 'headers' }],
    ['with an error', { kind: 'answer', status: 500, body: '{"message":"no events"}' }],
  ])('D6: %s leaves the table right after a list', async (_words, fault) => {
    await subscribeWith(fault);
    const short = await harness.job('echo short; exit 3');
    const long = await harness.job('exec sleep 300');
    await Promise.all([harness.submit(short), harness.submit(long)]);
    await until(async () => (await rig.stateOf(short.jid)) === 'exited', 10_000);
    await until(
      async () => (await harness.get(short.jid)).body['status'] === 'finishedWithError',
      1_500,
    );
    expect((await harness.until(long.jid, ({ status }) => status !== 'notstarted'))['status']).toBe(
      'started',
    );
    await rig.engine.http.delete(`/containers/${long.jid}?force=1`);
    await until(async () => (await harness.get(long.jid)).status === 404, 1_500);
  });

  it('D6: is one that events of others never fill, even while the service stands still', async () => {
    const before = await pingTime();
    process.kill(harness.running.pid, 'SIGSTOP');
    try {
      await repeatedly(4_000, (index) =>
        rig.engine.http.post(`/images/local%2Fprobe:1/tag?repo=local/flood&tag=t${index % 3}`),
      );
      expect(await pingTime()).toBeLessThan(Math.max(5, before * 3));
    } finally {
      process.kill(harness.running.pid, 'SIGCONT');
    }
    const { answer } = await harness.run('echo fine');
    expect(answer['logs']).toBe('fine\n');
  });

  it(
    'D6: full of our own events is caught up with when the service goes on',
    async () => {
      const before = await pingTime();
      const { job: gone } = await harness.run('true');
      const live = await harness.job('exec sleep 300');
      await harness.submit(live);
      await harness.until(live.jid, ({ status }) => status === 'started');
      process.kill(harness.running.pid, 'SIGSTOP');
      try {
        // More than the engine holds back for one listener: from there on each costs it 100 ms.
        await repeatedly(800, async (index) => {
          const body = { Image: 'local/probe:1', Labels: OUR_LABELS };
          const name = `flood-${index}`;
          await rig.engine.http.post(`/containers/create?name=${name}`, body);
          await rig.engine.http.delete(`/containers/${name}`);
        });
        await rig.engine.http.delete(`/containers/${gone.jid}`);
        await rig.engine.http.post(`/containers/${live.jid}/kill`);
      } finally {
        process.kill(harness.running.pid, 'SIGCONT');
      }
      expect((await harness.finish(live.jid))['message']).toContain('SIGKILL');
      await until(async () => (await harness.get(gone.jid)).status === 404, 2_000);
      await until(async () => (await pingTime()) < Math.max(5, before * 3), 5_000);
      expect((await ask(harness, '/health/ready')).status).toBe(200);
    },
    FLOOD_MS,
  );
});
