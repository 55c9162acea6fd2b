import { truncate, unlink, writeFile } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Harness, Job } from '../contract/harness.js';
import { ask, median } from './asking.js';
import type { Fault } from './fault-rules.js';
import { FaultRig } from './fault-rig.js';
import { until } from './faulty-engine.js';
import { residentBytes } from './own-memory.js';

const MEBIBYTE = 1024 * 1024;
/** The bound on what 64 MB of cached logs and four reads may take beside the idle service. */
const MAX_GROWTH = 160 * MEBIBYTE;

let rig: FaultRig;
let harness: Harness;

/** Submits and waits by the engine's word: nobody has read the log yet. */
async function ended(script: string): Promise<Job> {
  const job = await harness.job(script);
  await harness.submit(job);
  await until(async () => (await rig.stateOf(job.jid)) === 'exited', 60_000);
  return job;
}

describe.each(['docker', 'podman'] as const)('on %s', (kind) => {
  beforeAll(async () => {
    rig = await FaultRig.up(kind, `f-logs-${kind}`);
    harness = await rig.serve();
  });
  afterEach(() => rig.proxy.heal());
  afterAll(() => rig.down());

  describe.runIf(kind === 'docker')('a monstrous log', () => {
    it.each([
      ['of 100 MB of lines', 'yes "$(printf %0100d 0)" | head -c 100000000'],
      ['of one line of 50 MB', `head -c 50000000 /dev/zero | tr '\\0' x`],
      ['of random bytes', 'head -c 20000000 /dev/urandom'],
      [
        'of NULs and escape sequences',
        `yes "$(printf 'a\\033[31mb')" | head -c 3000000; head -c 3000000 /dev/zero`,
      ],
      ['of characters of three bytes in one line', `yes 日 | head -n 2000000 | tr -d '\\n'`],
    ])('D21: %s is at most 1 MiB of valid JSON, and hinders nobody', async (_words, script) => {
      const { job: other } = await harness.run('echo calm');
      const job = await ended(`${script}; printf '\\nthe end\\n'`);
      const before = await residentBytes(harness.running.pid);
      const big = ask(harness, `/api/v1/${job.jid}/`);
      const others: number[] = [];
      let isOver = false;
      void big.finally(() => (isOver = true)).catch(() => undefined);
      while (!isOver) others.push((await ask(harness, `/api/v1/${other.jid}/`)).took);
      const { status, text } = await big;
      expect(status).toBe(200);
      const { logs } = JSON.parse(text) as { logs: string };
      expect(Buffer.byteLength(logs)).toBeLessThanOrEqual(MEBIBYTE);
      expect(logs.endsWith('the end\n')).toBe(true);
      expect(median(others)).toBeLessThan(250);
      expect((await residentBytes(harness.running.pid)) - before).toBeLessThan(MAX_GROWTH);
    });
  });

  describe('a log that the engine has lost', () => {
    const spoil: Readonly<Record<string, (path: string) => Promise<void>>> = {
      'cut to nothing': (path) => truncate(path, 0),
      'cut within a record': (path) => truncate(path, 100),
      'full of rubbish': (path) => writeFile(path, '{"log":"a\\n"}\n\u0000\u0001 rubbish {{{\n'),
      removed: (path) => unlink(path),
    };

    it.each(Object.keys(spoil))('D22: on disk, %s, leaves the state and a text', async (how) => {
      const job = await ended('yes words | head -n 200; exit 3');
      const { data } = await rig.engine.http.get<{ LogPath: string }>(
        `/containers/${job.jid}/json`,
      );
      await spoil[how]?.(data.LogPath);
      for (let poll = 0; poll < 3; poll += 1) {
        const { status, body } = await harness.get(job.jid);
        expect(status).toBe(200);
        expect(body).toMatchObject({ status: 'finishedWithError', message: 'exited with code 3' });
        expect(body['logs']).toMatch(/\[pman\] .*\n$/);
      }
    });

    it.each<[string, Fault]>([
      [
        'because its driver keeps none',
        {
          kind: 'answer',
          status: 501,
          body: '{"message":"configured logging driver does not support reading"}',
        },
      ],
      ['for an error of its own', { kind: 'answer', status: 500, body: '{"message":"broken"}' }],
    ])('D22: %s, leaves the state and a note', async (_words, fault) => {
      const job = await ended('echo words; exit 3');
      rig.proxy.add({ path: /\/logs/, fault });
      const { status, body } = await harness.get(job.jid);
      expect(status).toBe(200);
      expect(body).toMatchObject({ status: 'finishedWithError', message: 'exited with code 3' });
      expect(body['logs']).toMatch(/^\[pman\] the log cannot be read: /);
    });
  });
});
