import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Harness } from '../contract/harness.js';
import { hardWords } from './hard-words.js';
import { SlurmRig } from './slurm-rig.js';

const START_MS = 180_000;
const COST_MS = 12_000;
const MANY = 10_000;
/** A run of the job leaves one line. */
const COUNTED = 'echo run >> /share/outgoing/runs; echo said';

let rig: SlurmRig;
let harness: Harness;

beforeAll(async () => {
  rig = await SlurmRig.up('f-slargs', {});
  harness = await rig.serve();
}, START_MS);
afterAll(() => rig.down());

describe('a host', () => {
  it('L1: whose programs are silent, or find no configuration, refuses no job', async () => {
    const mute = await rig.serveWithSbatch(
      'mute',
      `n=$(cat "$0.n" 2>/dev/null || echo 0)
echo $((n + 1)) >"$0.n"
[ "$n" -gt 1 ] && exec "$SBATCH" "$@"
cat >/dev/null
[ "$n" = 0 ] || echo 'sbatch: fatal: Could not establish a configuration source' >&2
exit 1`,
    );
    const job = await mute.job(COUNTED);
    await mute.submit(job);
    expect(await mute.finish(job.jid)).toMatchObject({ status: 'finishedSuccessfully' });
    expect(await mute.written(job, 'runs')).toBe('run\n');
  });
});

describe('hostile arguments and values', () => {
  it('reach the command byte for byte through sbatch, its shell and the runtime', async () => {
    const words = hardWords();
    const value = words.join('').replaceAll('\r\n', '');
    const script = `printf '%s\\0' "$@" > /share/outgoing/words; printf %s "$HARD" > /share/outgoing/value`;
    const { job, answer } = await harness.run(script, { args: words, env: [`HARD=${value}`] });
    expect(answer).toMatchObject({ status: 'finishedSuccessfully' });
    const read = (await harness.written(job, 'words')).split('\0').slice(0, -1);
    // The service adds the output directory behind the arguments.
    expect(read.slice(0, words.length)).toEqual(words);
    expect(await harness.written(job, 'value')).toBe(value);
  });

  it('reach it ten thousand at once', async () => {
    const args = Array.from({ length: MANY }, (_, index) => `${index}'$(x)"\\ü`);
    const script = `printf '%s\\0' "$@" > /share/outgoing/words`;
    const { job, answer } = await harness.run(script, { args });
    expect(answer).toMatchObject({ status: 'finishedSuccessfully' });
    const read = (await harness.written(job, 'words')).split('\0');
    expect(read.slice(0, MANY)).toEqual(args);
  });

  it('are refused where the runtime would change them', async () => {
    const job = await harness.job('true', { env: ['TEXT=a\r\nb'] });
    const { status, body } = await harness.post(job);
    expect(status).toBe(422);
    expect(body['message']).toMatch(/^env: .*TEXT/);
  });
});

describe('the cost of waiting', () => {
  it('R16: is at most a question in two seconds, however many jobs are asked for', async () => {
    await rig.stopServices();
    const held = await rig.serve({ SLURM_PARTITION: 'other' });
    await rig.site.call('scontrol', 'update', 'partitionname=other', 'state=down');
    const jobs = await Promise.all(Array.from({ length: 10 }, () => held.job('true')));
    for (const job of jobs) await held.submit(job);
    const jids = jobs.map(({ jid }) => jid);
    const asked = await rig.questionsWhileAsking(held, jids, COST_MS);
    expect(asked).toBeGreaterThan(0);
    expect(asked).toBeLessThanOrEqual(COST_MS / 2_000);
    await Promise.all(jobs.map(({ jid }) => held.delete(jid)));
  });
});
