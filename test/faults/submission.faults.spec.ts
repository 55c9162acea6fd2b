import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { CASES } from '../contract/cases/index.js';
import type { Harness } from '../contract/harness.js';
import { FaultRig } from './fault-rig.js';

/** Leaves a line each time it runs. */
const MARK = 'echo run >>/share/outgoing/runs';

let rig: FaultRig;
let harness: Harness;

/** A case that the contract has for every backend. */
function runCase(id: string): Promise<void> {
  const found = CASES.find((candidate) => candidate.id === id);
  if (found === undefined) throw new Error(`the contract has no case "${id}"`);
  return Promise.resolve(found.run(harness));
}

/** An answer of the engine that never arrives, whether the job is over by then or not. */
async function assertFoundOut(path: RegExp): Promise<void> {
  for (const script of [MARK, `${MARK}; sleep 1`]) {
    const job = await harness.job(script);
    const rule = rig.proxy.add({
      method: 'POST',
      path,
      times: 1,
      fault: { kind: 'cut', after: 0 },
    });
    await harness.submit(job);
    expect(rule.hits).toBe(1);
    expect((await harness.finish(job.jid))['status']).toBe('finishedSuccessfully');
    expect(await harness.written(job, 'runs')).toBe('run\n');
    expect(await containersOf(job.jid)).toBe(1);
    rig.proxy.heal();
  }
}

async function containersOf(jid: string): Promise<number> {
  return (await rig.containers()).filter((name) => name.includes(jid)).length;
}

describe.each(['docker', 'podman'] as const)('on %s', (kind) => {
  beforeAll(async () => {
    rig = await FaultRig.up(kind, `f-submit-${kind}`);
    harness = await rig.serve();
  });
  afterEach(() => rig.proxy.heal());
  afterAll(() => rig.down());

  describe('a jid that is taken', () => {
    it('D10: the same job again is 201, also twenty times at once, and runs once', async () => {
      await expect(runCase('repeat-at-once')).resolves.toBeUndefined();
      await expect(runCase('repeat')).resolves.toBeUndefined();
    });

    it('D11: by another job is a 409 that touches nothing', async () => {
      await expect(runCase('conflict')).resolves.toBeUndefined();
    });

    it('D12: by a container of somebody else is a 409 without its details, and it is left alone', async () => {
      await expect(runCase('foreign-name')).resolves.toBeUndefined();
    });

    it('D26: by another replica at the same moment is one job, whichever replica is asked', async () => {
      const other = await harness.replica();
      for (let round = 0; round < 3; round += 1) {
        const job = await harness.job(MARK);
        const answers = await Promise.all(
          Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? harness : other).post(job)),
        );
        expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
        const [one, two] = await Promise.all([harness.finish(job.jid), other.finish(job.jid)]);
        expect(one).toEqual(two);
        expect(await harness.written(job, 'runs')).toBe('run\n');
        expect(await containersOf(job.jid)).toBe(1);
      }
      await other.stop();
    });
  });

  describe('a job that two replicas submit at the same moment', () => {
    it.each([
      ['while the other one leaves it to it', 1_200, MARK],
      ['when the other one has started it', 4_000, `${MARK}; sleep 6`],
    ])(
      'D26: and whose start arrives late, %s, stays and runs once',
      async (_words, milliseconds, script) => {
        const proxy = await rig.addProxy(`late-${milliseconds}`);
        const late = await rig.serve({ socketPath: rig.socketOf(`late-${milliseconds}`) });
        const fault = { kind: 'delay', what: 'request', milliseconds } as const;
        const delayed = proxy.add({ method: 'POST', path: /\/start/, fault });
        const job = await harness.job(script);
        const first = late.post(job);
        // It has made the container by then.
        await delayed.hit;
        const [{ status }, second] = await Promise.all([first, harness.post(job)]);
        expect([status, second.status]).toEqual([201, 201]);
        expect((await harness.finish(job.jid))['status']).toBe('finishedSuccessfully');
        expect(await harness.written(job, 'runs')).toBe('run\n');
        await late.stop();
      },
    );
  });

  describe('a job that cannot be started', () => {
    it.each<[string, Readonly<Record<string, unknown>>, RegExp]>([
      ['for want of its program', { entrypoint: ['/nope'] }, /nope.*no such file or directory/],
      [
        'because its program is a folder',
        { entrypoint: ['/tmp'] },
        /permission denied|is a directory/,
      ],
      ['for want of a GPU', { gpu_limit: 1 }, /gpu/i],
    ])(
      'D13: %s is a refusal in words, leaves nothing, and its jid can be used',
      async (_words, change, words) => {
        const job = await harness.job(MARK);
        const refused = await harness.post({ ...job, ...change });
        expect([400, 422]).toContain(refused.status);
        expect(JSON.stringify(refused.body)).toMatch(words);
        expect(await containersOf(job.jid)).toBe(0);
        expect((await harness.get(job.jid)).status).toBe(404);
        await harness.submit(job);
        expect((await harness.finish(job.jid))['status']).toBe('finishedSuccessfully');
        expect(await harness.written(job, 'runs')).toBe('run\n');
      },
    );
  });

  it('D7: an image that is not there, nor its registry, is a refusal in words and leaves nothing', async () => {
    const job = await harness.job(MARK, { image: '127.0.0.1:1/absent:1' });
    const { status, body } = await harness.post(job);
    expect({ status, body }).toEqual({
      status: 422,
      body: { message: expect.stringMatching(/127\.0\.0\.1:1\/absent:1.*connection refused/s) },
    });
    expect(await containersOf(job.jid)).toBe(0);
    expect((await harness.get(job.jid)).status).toBe(404);
  });

  describe('an answer that is lost', () => {
    it('D14: of a create is found out: one container, one run, 201', async () => {
      await assertFoundOut(/\/containers\/create/);
    });

    it('D15: of a start is found out: one run, 201', async () => {
      await assertFoundOut(/\/start/);
    });
  });
});
