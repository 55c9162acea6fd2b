import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Harness } from '../contract/harness.js';
import type { WholeAnswer } from './fault-rules.js';
import { FaultRig } from './fault-rig.js';
import { until } from './faulty-engine.js';

let rig: FaultRig;
let harness: Harness;

const START = '2026-01-02T03:04:05.678Z';
const END = '2026-01-02T03:05:06.789Z';
const NEVER = '0001-01-01T00:00:00Z';
const UNSTARTED = { StartedAt: NEVER, FinishedAt: NEVER };

/** An inspect whose state is another one. */
function withState(state: object): (answer: WholeAnswer) => WholeAnswer {
  return ({ status, body }) => {
    if (status !== 200) return { status, body };
    const container = JSON.parse(body) as { readonly State: object };
    const State = {
      ...container.State,
      Error: '',
      OOMKilled: false,
      ExitCode: 0,
      StartedAt: START,
      FinishedAt: END,
      ...state,
    };
    return { status, body: JSON.stringify({ ...container, State }) };
  };
}

describe.each(['docker', 'podman'] as const)('on %s', (kind) => {
  beforeAll(async () => {
    rig = await FaultRig.up(kind, `f-states-${kind}`);
    harness = await rig.serve();
  });
  afterEach(() => rig.proxy.heal());
  afterAll(() => rig.down());

  describe('a container that somebody else removes', () => {
    it.each([
      ['runs', 'exec sleep 300'],
      ['has ended', 'exit 3'],
    ])('D17: while it %s is a 404 from then on', async (_words, script) => {
      const job = await harness.job(script);
      await harness.submit(job);
      await harness.until(job.jid, ({ status }) => status !== 'notstarted');
      const removed = await rig.engine.http.delete(`/containers/${job.jid}?force=1`);
      expect(removed.status).toBe(204);
      await until(async () => (await harness.get(job.jid)).status === 404, 1_000);
      for (let poll = 0; poll < 5; poll += 1) {
        expect((await harness.get(job.jid)).status).toBe(404);
      }
      expect((await harness.delete(job.jid)).status).toBe(404);
    });
  });

  describe('a state of a container', () => {
    it('D18: that is paused by hand is a job that runs, and goes on', async () => {
      const job = await harness.job('sleep 0.5; echo gone on');
      await harness.submit(job);
      await until(async () => (await rig.stateOf(job.jid)) === 'running', 5_000);
      await rig.engine.http.post(`/containers/${job.jid}/pause`);
      const paused = await harness.until(job.jid, ({ message }) => /paused/.test(message ?? ''));
      expect(paused['status']).toBe('started');
      await rig.engine.http.post(`/containers/${job.jid}/unpause`);
      expect(await harness.finish(job.jid)).toMatchObject({
        status: 'finishedSuccessfully',
        logs: 'gone on\n',
      });
    });

    // The engine's own words do not matter to what is put into its mouth.
    it.runIf(kind === 'docker').each<[object, string, RegExp]>([
      [{ Status: 'created', ...UNSTARTED }, 'notstarted', /waiting/],
      [{ Status: 'created', FinishedAt: NEVER }, 'finishedWithError', /lost it/],
      [
        { Status: 'created', ...UNSTARTED, Error: 'exec: no such file' },
        'finishedWithError',
        /no such file/,
      ],
      [{ Status: 'running' }, 'started', /running/],
      [{ Status: 'paused' }, 'started', /paused/],
      [{ Status: 'restarting', ExitCode: 1 }, 'started', /running/],
      [{ Status: 'removing', ExitCode: 1 }, 'finishedWithError', /code 1/],
      [{ Status: 'removing' }, 'finishedSuccessfully', /success/],
      [{ Status: 'dead', ExitCode: 255 }, 'finishedWithError', /code 255/],
      [{ Status: 'dead' }, 'finishedSuccessfully', /success/],
      [{ Status: 'exited' }, 'finishedSuccessfully', /success/],
      [{ Status: 'exited', FinishedAt: NEVER }, 'finishedWithError', /lost it/],
      [{ Status: 'exited', ExitCode: 3 }, 'finishedWithError', /code 3/],
      [
        { Status: 'exited', ExitCode: 137, OOMKilled: true },
        'finishedWithError',
        /memory.*200 MiB/,
      ],
      [{ Status: 'configured', ...UNSTARTED }, 'notstarted', /waiting/],
      [{ Status: 'configured' }, 'finishedWithError', /lost it/],
      [{ Status: 'initialized', ...UNSTARTED }, 'notstarted', /waiting/],
      [{ Status: 'stopping' }, 'started', /stopped/],
      [{ Status: 'stopped', ExitCode: 2 }, 'finishedWithError', /code 2/],
      [{ Status: 'hibernating' }, 'started', /running/],
    ])(
      'D18: %j is %s: what has ended is so by its exit code, also while it is removed',
      async (state, status, message) => {
        const job = await harness.job('exec sleep 300');
        const path = new RegExp(`/${job.jid}/json`);
        const change = withState(state);
        rig.proxy.add({ path, fault: { kind: 'rewrite', change } });
        await harness.submit(job);
        const seen = await harness.until(
          job.jid,
          (body) => body['message'] !== 'handed to the engine',
        );
        expect(seen).toMatchObject({ status, message: expect.stringMatching(message) });
        await rig.engine.http.delete(`/containers/${job.jid}?force=1`);
      },
    );
  });

  describe('the end of a job', () => {
    it('D19: for want of memory is an error that names the limit, and keeps the log', async () => {
      const { answer } = await harness.run('echo before; exec tail /dev/zero', {
        memory_limit: 16,
      });
      expect(answer['status']).toBe('finishedWithError');
      expect(answer['message']).toMatch(/out of memory \(limit 16 MiB\)/);
      expect(answer['logs']).toMatch(/^before\n[^]*out of memory/);
    });

    it.each([
      ['by a kill', 'KILL', 'exec sleep 300', /signal SIGKILL/],
      [
        'by a stop',
        'TERM',
        `trap 'exit 143' TERM; touch /share/outgoing/set; while :; do sleep 0.1; done`,
        /signal SIGTERM/,
      ],
    ])('D20: %s says so', async (_words, signal, script, words) => {
      const job = await harness.job(script);
      await harness.submit(job);
      await harness.until(job.jid, ({ status }) => status === 'started');
      if (signal === 'TERM') await harness.appears(job, 'set');
      await rig.engine.http.post(`/containers/${job.jid}/kill?signal=${signal}`);
      const answer = await harness.finish(job.jid);
      expect(answer['status']).toBe('finishedWithError');
      expect(answer['message']).toMatch(words);
      // Podman does not say who has sent a SIGKILL to a job with a limit.
      if (kind === 'docker' || signal === 'TERM') expect(answer['message']).not.toContain('memory');
    });

    it.each([
      ['cannot be run', '/etc/passwd', /126|not executable|cannot be (run|executed)/],
      ['is not there', 'no-such-program', /127|not found/],
      ['says 125', 'exit 125', /125/],
    ])('D20: by a program that %s says so', async (_words, script, words) => {
      const { answer } = await harness.run(script);
      expect(answer['status']).toBe('finishedWithError');
      expect(answer['message']).toMatch(words);
    });
  });
});
