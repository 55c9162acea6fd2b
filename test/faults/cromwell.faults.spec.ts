import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Harness, Job } from '../contract/harness.js';
import { CromwellRig } from './cromwell-rig.js';
import { hardWords } from './hard-words.js';

const START_MS = 180_000;
const SLOW_MS = 240_000;
/** Nobody can tell any more why the job was signalled. */
const FORGOTTEN_MS = 62_000;
/** The server looks meanwhile whether the job is there, and SLURM's own command gives up. */
const CHECKED_MS = 30_000;
const MANY = 10_000;
const LAG = { lag: 0.3, query_lag: 0.3, abort_lag: 1 };
/** A run of the job leaves one line. */
const COUNTED = 'echo run >> /share/outgoing/runs; echo said';
const ENDLESS = 'touch /share/outgoing/up; exec sleep 300';

let rig: CromwellRig;
let harness: Harness;

beforeAll(async () => {
  rig = await CromwellRig.up('f-crom');
  await rig.behave(LAG);
  harness = await rig.serve();
}, START_MS);
const USUAL = { ...LAG, hang: false, hold: false, fail: null, abort_code: 404 };
afterEach(() => rig.behave({ ...USUAL, release: true }));
afterAll(() => rig.down());

/** A job whose command runs, and its workflow. */
async function running(
  script = ENDLESS,
): Promise<{ readonly job: Job; readonly workflow: string }> {
  const job = await harness.job(script);
  await harness.submit(job);
  await harness.appears(job, 'up');
  await harness.until(job.jid, ({ status }) => status === 'started');
  const [workflow = ''] = await rig.workflows(job.jid);
  return { job, workflow };
}

describe('a workflow that Cromwell does not know yet', () => {
  it('C1: is not started, for every replica, until its metadata comes', async () => {
    await rig.behave({ lag: 6, query_lag: 3 });
    const other = await rig.serve();
    const job = await harness.job(COUNTED);
    await harness.submit(job);
    for (const each of [harness, other]) {
      expect(await each.get(job.jid)).toMatchObject({
        status: 200,
        body: { status: 'notstarted' },
      });
    }
    expect(await rig.workflows(job.jid)).toEqual([]);
    expect(await other.finish(job.jid)).toMatchObject({ status: 'finishedSuccessfully' });
    expect((await harness.get(job.jid)).body).toMatchObject({ logs: 'said\n' });
    expect(await harness.written(job, 'runs')).toBe('run\n');
  });

  it('C1: is gone when it is removed, and never runs', async () => {
    await rig.behave({ lag: 4 });
    const job = await harness.job(COUNTED);
    await harness.submit(job);
    expect((await harness.delete(job.jid)).status).toBe(204);
    expect((await harness.get(job.jid)).status).toBe(404);
    await expect
      .poll(
        async () => {
          const [workflow = ''] = await rig.workflows(job.jid);
          return workflow === '' ? '' : (await rig.metadata(workflow)).status;
        },
        { timeout: 20_000, interval: 300 },
      )
      .toBe('Aborted');
    expect(await harness.exists(`${job.output_dir}/runs`)).toBe(false);
  });
});

describe('a server', () => {
  it('C2: that was started again with an empty memory changes nothing', async () => {
    const { job: ended, answer } = await harness.run(COUNTED);
    const { job } = await running(
      'touch /share/outgoing/up; until [ -e /share/outgoing/go ]; do sleep 0.1; done; exit 3',
    );
    await rig.restart();
    await rig.behave(LAG);
    expect((await harness.get(ended.jid)).body).toEqual(answer);
    expect((await harness.get(job.jid)).body).toMatchObject({ status: 'started' });
    await harness.crashAndRestart();
    expect((await harness.get(job.jid)).body).toMatchObject({ status: 'started' });
    expect((await harness.get(ended.jid)).body).toEqual(answer);
    expect((await harness.delete(job.jid)).status).toBe(204);
  });

  it('C2: that has two workflows for one job runs it once', async () => {
    await rig.behave({ hold: true });
    const job = await harness.job(COUNTED);
    await harness.submit(job);
    await expect.poll(() => rig.workflows(job.jid), { timeout: 10_000 }).toHaveLength(1);
    const [workflow = ''] = await rig.workflows(job.jid);
    await rig.submitAgain(workflow);
    await rig.behave({ hold: false, release: true });
    expect(await harness.finish(job.jid)).toMatchObject({ status: 'finishedSuccessfully' });
    for (const each of await rig.workflows(job.jid)) {
      await expect
        .poll(async () => (await rig.metadata(each)).status, { timeout: 20_000 })
        .toBe('Succeeded');
    }
    expect(await harness.written(job, 'runs')).toBe('run\n');
  });

  it('C2: that holds a job says so, and the job waits', async () => {
    await rig.behave({ hold: true });
    const job = await harness.job(COUNTED);
    await harness.submit(job);
    const held = await harness.until(job.jid, ({ message = '' }) => /on hold/.test(message));
    expect(held).toMatchObject({ status: 'notstarted' });
    await rig.behave({ release: true });
    expect(await harness.finish(job.jid)).toMatchObject({ status: 'finishedSuccessfully' });
  });

  it('C2: whose batch system refuses a job tells the first cause', async () => {
    const wrong = await rig.serve({ SLURM_PARTITION: 'none-such' });
    const job = await wrong.job('true');
    await wrong.submit(job);
    const answer = await wrong.finish(job.jid);
    expect(answer).toMatchObject({ status: 'finishedWithError' });
    const reason = /Unable to start job.*: stderr\.submit \(sbatch: error: .*invalid partition/i;
    expect(answer['message']).toMatch(reason);
    expect(answer['logs']).toMatch(reason);
    // It is removed where Cromwell has nothing to abort, in either of its words.
    await rig.behave({ abort_code: 403 });
    expect((await wrong.delete(job.jid)).status).toBe(204);
  });

  it(
    'C2: whose job was cancelled while Cromwell had forgotten it says so',
    async () => {
      const { job, workflow } = await running();
      const jobs = await rig.batchJobs(workflow);
      await rig.restart();
      await rig.behave(LAG);
      await rig.cancel(jobs);
      await sleep(FORGOTTEN_MS);
      const answer = await harness.finish(job.jid);
      expect(answer).toMatchObject({ status: 'finishedWithError', message: 'cancelled' });
    },
    SLOW_MS,
  );

  it('C2: whose controller is away for a while does not give the job up', async () => {
    const { job, workflow } = await running(
      'touch /share/outgoing/up; until [ -e /share/outgoing/go ]; do sleep 0.1; done',
    );
    await rig.withoutController(CHECKED_MS);
    expect(await rig.metadata(workflow)).toMatchObject({ status: 'Running' });
    expect((await harness.get(job.jid)).body).toMatchObject({ status: 'started' });
    await writeFile(join(rig.store, job.output_dir, 'go'), '');
    expect(await harness.finish(job.jid)).toMatchObject({ status: 'finishedSuccessfully' });
  });

  it('C2: that fails before there is a call tells the first cause', async () => {
    await rig.behave({ fail: 'no space left for workflows' });
    const { answer } = await harness.run('true');
    expect(answer).toMatchObject({ status: 'finishedWithError' });
    expect(answer['message']).toMatch(/no space left for workflows/);
  });

  it.each([
    { title: 'was aborted by hand', act: (workflow: string) => rig.abort(workflow) },
    {
      title: 'was cancelled in its batch system',
      act: async (workflow: string) => rig.cancel(await rig.batchJobs(workflow)),
    },
  ])('C2: whose job $title says so', async ({ act }) => {
    const { job, workflow } = await running();
    await act(workflow);
    const answer = await harness.finish(job.jid);
    expect(answer).toMatchObject({ status: 'finishedWithError' });
    expect(answer['message']).toMatch(/cancelled/);
  });
});

describe('a submission', () => {
  it('C3: whose answer is lost makes one workflow', async () => {
    await rig.behave({ hang: true });
    const job = await harness.job(COUNTED);
    await harness.submit(job);
    expect(await harness.finish(job.jid)).toMatchObject({ status: 'finishedSuccessfully' });
    expect(await rig.workflows(job.jid)).toHaveLength(1);
    expect(await harness.written(job, 'runs')).toBe('run\n');
  });
});

describe('hostile arguments and values', () => {
  it('reach the command byte for byte through WDL, its batch system and the runtime', async () => {
    const wdl = [
      '~{read_string("/etc/passwd")}',
      '${x}',
      '}',
      '<<<',
      '>>>',
      '#ENDCOMMAND',
      "'",
      '\n',
    ];
    const words = [...wdl, ...hardWords()];
    const value = words.join('').replaceAll('\r\n', '');
    const script = `printf '%s\\0' "$@" > /share/outgoing/words; printf %s "$HARD" > /share/outgoing/value`;
    const { job, answer } = await harness.run(script, { args: words, env: [`HARD=${value}`] });
    expect(answer).toMatchObject({ status: 'finishedSuccessfully' });
    const read = (await harness.written(job, 'words')).split('\0').slice(0, -1);
    // The service adds the output directory behind the arguments.
    expect(read.slice(0, words.length)).toEqual(words);
    expect(await harness.written(job, 'value')).toBe(value);
  });

  it('may be ten thousand', async () => {
    const args = Array.from({ length: MANY }, (_, index) => `~{${index}}`);
    const { job } = await harness.run(`printf '%s\\n' "$@" > /share/outgoing/words`, { args });
    const read = (await harness.written(job, 'words')).split('\n');
    expect(read.slice(0, MANY)).toEqual(args);
  });
});
