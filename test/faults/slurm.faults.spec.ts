import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Harness, Job } from '../contract/harness.js';
import { ask } from './asking.js';
import { SlurmRig } from './slurm-rig.js';

const START_MS = 180_000;
const FOREIGN_JOB = ['--wrap=sleep 60', '--mem=1', '--output=/dev/null'];
/** A run of the job leaves one line. */
const COUNTED = 'echo run >> /share/outgoing/runs; echo said';
const ENDLESS = 'touch /share/outgoing/up; exec sleep 300';

let rig: SlurmRig;
let harness: Harness;
/** Its SLURM takes every job twice. */
let double: Harness;

beforeAll(async () => {
  rig = await SlurmRig.up('f-slurm');
  harness = await rig.serve();
  double = await rig.serveWithSbatch(
    'double',
    `script=$(cat)
printf '%s\\n' "$script" | "$SBATCH" "$@" >/dev/null
printf '%s\\n' "$script" | "$SBATCH" "$@"`,
  );
}, START_MS);
afterEach(() => rig.site.repair());
afterAll(() => rig.down());

/** A job whose command runs. */
async function running(changes: Readonly<Record<string, unknown>> = {}): Promise<Job> {
  const job = await harness.job(ENDLESS, changes);
  await harness.submit(job);
  await harness.appears(job, 'up');
  await harness.until(job.jid, ({ status }) => status === 'started');
  return job;
}

describe('a controller', () => {
  it('L1: that is away leaves what has ended to be seen, a running job is a 503, a POST waits for it', async () => {
    const { job: ended } = await harness.run(COUNTED);
    const alive = await running();
    await rig.site.signalController('SIGTERM');
    expect((await harness.get(ended.jid)).body).toMatchObject({
      status: 'finishedSuccessfully',
      logs: 'said\n',
    });
    await expect
      .poll(async () => (await harness.get(alive.jid)).status, { timeout: 30_000, interval: 500 })
      .toBe(503);
    const late = await harness.job(ENDLESS);
    const posted = harness.post(late);
    await rig.site.repair();
    expect((await posted).status).toBe(201);
    // SLURM itself may take a minute to begin jobs again.
    expect(await rig.site.jobs(late.jid)).toHaveLength(1);
    expect((await harness.get(alive.jid)).body['status']).toBe('started');
    expect((await harness.delete(alive.jid)).status).toBe(204);
    expect((await harness.delete(late.jid)).status).toBe(204);
  });

  it('L1: that takes requests and never answers holds nobody up beyond the deadline', async () => {
    await rig.site.signalController('SIGSTOP');
    try {
      const { status, took } = await ask(harness, '/health/ready');
      expect(status).toBe(503);
      expect(took).toBeLessThan(15_000);
    } finally {
      await rig.site.signalController('SIGCONT');
    }
  });

  it('L1: whose answer to sbatch is lost runs the job once', async () => {
    const lossy = await rig.serveWithSbatch(
      'lossy',
      `[ -e "$0.lost" ] && exec "$SBATCH" "$@"
: >"$0.lost"
"$SBATCH" "$@" >/dev/null
echo 'sbatch: error: Batch job submission failed: Socket timed out on send/recv operation' >&2
exit 1`,
    );
    const job = await lossy.job(COUNTED);
    await lossy.submit(job);
    expect(await lossy.finish(job.jid)).toMatchObject({ status: 'finishedSuccessfully' });
    expect(await lossy.written(job, 'runs')).toBe('run\n');
  });

  it('L1: that has taken a job twice runs it once', async () => {
    const { job, answer } = await double.run(COUNTED);
    expect(answer).toMatchObject({ status: 'finishedSuccessfully', logs: 'said\n' });
    expect(await double.written(job, 'runs')).toBe('run\n');
  });

  it('L1: that has taken a job twice runs nothing of it after a DELETE', async () => {
    const job = await double.job(ENDLESS);
    await double.submit(job);
    await double.appears(job, 'up');
    await double.until(job.jid, ({ status }) => status === 'started');
    expect((await double.delete(job.jid)).status).toBe(204);
    await expect.poll(() => rig.site.containers(), { timeout: 10_000 }).toEqual([]);
    await expect.poll(() => rig.site.jobs(job.jid), { timeout: 10_000 }).toEqual([]);
  });

  it('L1: that refuses a job says why, and leaves the jid free', async () => {
    const wrong = await rig.serve({ SLURM_PARTITION: 'none-such' });
    const job = await wrong.job('true');
    const { status, body } = await wrong.post(job);
    expect(status).toBe(422);
    expect(body['message']).toMatch(/partition/i);
    expect((await wrong.get(job.jid)).status).toBe(404);
    await harness.submit(job);
  });

  it('L1: that has a foreign job of the same name keeps it apart from ours', async () => {
    const job = await harness.job('exit 3');
    await rig.site.call('sbatch', ...FOREIGN_JOB, `--job-name=${job.jid}`);
    const [foreign = ''] = await rig.site.jobs(job.jid);
    expect((await harness.get(job.jid)).status).toBe(404);
    await harness.submit(job);
    expect(await harness.finish(job.jid)).toMatchObject({
      message: expect.stringMatching(/\b3\b/),
    });
    expect((await harness.delete(job.jid)).status).toBe(204);
    expect(await rig.site.jobs(job.jid)).toEqual([foreign]);
    await rig.site.call('scancel', foreign);
  });
});

describe('a job that SLURM has forgotten', () => {
  it('L2: is what its own record says', async () => {
    const { job, answer } = await harness.run(COUNTED);
    await rig.site.until(/^$/, 'squeue', '--noheader', '--states=all', `--name=${job.jid}`);
    expect((await harness.get(job.jid)).body).toEqual(answer);
    await harness.crashAndRestart();
    expect((await harness.get(job.jid)).body).toEqual(answer);
  });

  it('L2: without a record of its end is what accounting says, and never just failed', async () => {
    const job = await running();
    const number = await rig.site.job(job.jid);
    await rig.site.killScript(number);
    const answer = await harness.finish(job.jid);
    expect(answer).toMatchObject({ status: 'finishedWithError' });
    expect(answer['message']).toMatch(/SLURM/);
    expect(await harness.finish(job.jid)).toEqual(answer);
  });
});

describe('a job that SLURM treats badly', () => {
  it.each([
    {
      title: 'that was cancelled by hand',
      act: (job: string) => rig.site.call('scancel', job),
      message: /cancelled/i,
    },
    {
      title: 'whose end was set to now',
      act: (job: string) => rig.site.call('scontrol', 'update', `jobid=${job}`, 'endtime=now+1'),
      message: /time limit/i,
    },
  ])('L3: $title says so', async ({ act, message }) => {
    const job = await running();
    await act(await rig.site.job(job.jid));
    const answer = await harness.finish(job.jid);
    expect(answer).toMatchObject({ status: 'finishedWithError' });
    expect(answer['message']).toMatch(message);
  });

  it('L3: whose node has lost its power has failed for that, and the other node works on', async () => {
    const there = await rig.serve();
    const job = await running();
    const number = await rig.site.job(job.jid);
    const node = await rig.site.call('squeue', '--noheader', `--jobs=${number}`, '--format=%N');
    await rig.site.cutPower(node, number);
    // What the controller finds out by itself too, and staff tells it sooner.
    await rig.site.call('scontrol', 'update', `nodename=${node}`, 'state=down', 'reason=power');
    const other = await there.run(COUNTED);
    expect(other.answer).toMatchObject({ status: 'finishedSuccessfully' });
    const answer = await harness.finish(job.jid);
    expect(answer).toMatchObject({ status: 'finishedWithError' });
    expect(answer['message']).toMatch(/node/);
  });

  it('L3: whose node is cut off has failed as soon as the controller gives the node up', async () => {
    const there = await rig.serve({ SLURM_PARTITION: 'second' });
    const job = await there.job(ENDLESS);
    await there.submit(job);
    await there.appears(job, 'up');
    await there.until(job.jid, ({ status }) => status === 'started');
    const number = await rig.site.job(job.jid);
    await rig.site.cutLink();
    const answer = await there.finish(job.jid);
    expect(answer).toMatchObject({ status: 'finishedWithError', message: 'the node failed' });
    const state = ['sacct', '--noheader', '--allocations', '--format=State', `--jobs=${number}`];
    const [program = '', ...args] = state;
    expect(await rig.site.call(program, ...args)).toMatch(/^NODE_FAIL/);
    // What goes on there, and how it ends, changes nothing any more.
    await rig.site.repair();
    await rig.site.killScript(number);
    expect((await there.get(job.jid)).body).toEqual(answer);
  });

  it('L3: that had to make room for another says so', async () => {
    const whole = { cpu_limit: 64_000 };
    const first = await running(whole);
    const second = await running(whole);
    const urgent = await rig.serve({ SLURM_PARTITION: 'first' });
    const job = await urgent.job('true', whole);
    await urgent.submit(job);
    const ends = await Promise.race([harness.finish(first.jid), harness.finish(second.jid)]);
    expect(ends).toMatchObject({ message: expect.stringMatching(/preempted/) });
    await Promise.all([first, second].map(({ jid }) => harness.delete(jid)));
  });

  it('L3: that waits says for what, in words', async () => {
    await rig.site.call('scontrol', 'update', 'partitionname=other', 'state=down');
    const held = await rig.serve({ SLURM_PARTITION: 'other' });
    const job = await held.job(COUNTED);
    await held.submit(job);
    const waits = await held.until(job.jid, ({ message = '' }) => /partition/.test(message));
    expect(waits).toMatchObject({ status: 'notstarted' });
    await rig.site.call('scontrol', 'update', 'partitionname=other', 'state=up');
    expect(await held.finish(job.jid)).toMatchObject({ status: 'finishedSuccessfully' });
  });

  it('L3: that is suspended has started, and goes on', async () => {
    const job = await running();
    const number = await rig.site.job(job.jid);
    await rig.site.call('scontrol', 'suspend', number);
    await rig.site.until(/SUSPENDED/, 'squeue', '--noheader', `--jobs=${number}`, '--format=%T');
    expect((await harness.get(job.jid)).body['status']).toBe('started');
    await rig.site.call('scontrol', 'resume', number);
    expect((await harness.delete(job.jid)).status).toBe(204);
  });

  it('L3: is never begun again by SLURM', async () => {
    const job = await running();
    const number = await rig.site.job(job.jid);
    await expect(rig.site.call('scontrol', 'requeue', number)).rejects.toThrow(/disabled/);
    expect((await harness.get(job.jid)).body['status']).toBe('started');
    await harness.delete(job.jid);
  });
});
