import { rename, rm, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Harness, Job } from '../contract/harness.js';
import { ask } from './asking.js';
import { hardWords } from './hard-words.js';
import { SlurmRig } from './slurm-rig.js';

const START_MS = 180_000;
const RUN = 'echo run >> /share/outgoing/runs; echo said';
const ENDLESS = 'touch /share/outgoing/up; exec sleep 300';
const DAY_SECONDS = 86_400;
/** A user of every Debian, who is not the one of the service. */
const OTHER = 'daemon';
/** A record is waited for, because shared storage lags. */
const LAG_MS = 120_000;

let rig: SlurmRig;
let harness: Harness;
let tokenFile: string;

beforeAll(async () => {
  rig = await SlurmRig.up('f-slrest', { SLURM_REST: 'yes' });
  tokenFile = `${rig.store}.token`;
  await renew();
  // No command of SLURM is in its path, and no slurm.conf.
  harness = await rig.serve({
    PATH: '/nowhere',
    SLURM_CONF: '',
    SLURMRESTD_URL: rig.site.rest,
    SLURM_JWT_FILE: tokenFile,
  });
}, START_MS);
afterAll(() => rig.down());

async function token(seconds: number): Promise<string> {
  return rig.site.call('scontrol', 'token', 'username=root', `lifespan=${seconds}`);
}

/** As a site's timer does it: whole, by a rename. */
async function write(text: string): Promise<void> {
  await writeFile(`${tokenFile}.new`, text, { mode: 0o600 });
  await rename(`${tokenFile}.new`, tokenFile);
}

async function renew(): Promise<void> {
  await write(await token(DAY_SECONDS));
}

async function running(changes: Readonly<Record<string, unknown>> = {}): Promise<Job> {
  const job = await harness.job(ENDLESS, changes);
  await harness.submit(job);
  await harness.appears(job, 'up');
  await harness.until(job.jid, ({ status }) => status === 'started');
  return job;
}

describe('a job by slurmrestd', () => {
  it('runs, leaves its output and its log, and is removed', async () => {
    const { job, answer } = await harness.run(RUN);
    expect(answer).toMatchObject({ status: 'finishedSuccessfully', logs: 'said\n' });
    expect(await harness.written(job, 'runs')).toBe('run\n');
    expect((await harness.delete(job.jid)).status).toBe(204);
    expect((await harness.get(job.jid)).status).toBe(404);
  });

  it('that fails says with which code', async () => {
    const { answer } = await harness.run('exit 7');
    expect(answer).toMatchObject({ status: 'finishedWithError' });
    expect(answer['message']).toMatch(/7/);
  });

  it('has its arguments and its environment byte for byte', async () => {
    const words = hardWords();
    const value = words.join('').replaceAll('\r\n', '');
    const script = `printf '%s\\0' "$@" > /share/outgoing/words; printf %s "$HARD" > /share/outgoing/value`;
    const { job, answer } = await harness.run(script, { args: words, env: [`HARD=${value}`] });
    expect(answer).toMatchObject({ status: 'finishedSuccessfully' });
    const read = (await harness.written(job, 'words')).split('\0').slice(0, -1);
    expect(read.slice(0, words.length)).toEqual(words);
    expect(await harness.written(job, 'value')).toBe(value);
  });

  it('that is posted twice runs once', async () => {
    const job = await harness.job(RUN);
    const answers = await Promise.all([harness.post(job), harness.post(job)]);
    expect(answers.map(({ status }) => status)).toEqual([201, 201]);
    await harness.finish(job.jid);
    expect(await harness.written(job, 'runs')).toBe('run\n');
  });

  it('asks SLURM for its cores, its memory and a time limit, and never to begin it again', async () => {
    const job = await running({ cpu_limit: 2_000, memory_limit: 300 });
    const shown = await rig.site.call('scontrol', 'show', 'job', await rig.site.job(job.jid));
    expect(shown).toMatch(/CPUs\/Task=2\b/);
    expect(shown).toMatch(/MinMemoryNode=300M/);
    expect(shown).toMatch(/Requeue=0/);
    expect((await harness.delete(job.jid)).status).toBe(204);
  });

  it('is ended by DELETE with its container', async () => {
    const job = await running();
    expect((await harness.delete(job.jid)).status).toBe(204);
    // SLURM calls the job completing while its script clears away.
    await expect.poll(() => rig.site.containers(), { timeout: 10_000 }).toEqual([]);
    await expect.poll(() => rig.site.jobs(job.jid), { timeout: 10_000 }).toEqual([]);
  });

  it('of several workers is an array that ends as one', async () => {
    const script = 'echo $$ > "/share/outgoing/$(cat /proc/sys/kernel/random/uuid)"';
    const { job, answer } = await harness.run(script, { number_of_workers: 3 });
    expect(answer).toMatchObject({ status: 'finishedSuccessfully' });
    expect(Object.keys(await harness.outputSizes(job))).toHaveLength(3);
  });

  it('that waits says for what, each worker of an array too', async () => {
    await rig.site.call('scontrol', 'update', 'partitionname=main', 'state=down');
    const job = await harness.job(RUN, { number_of_workers: 2 });
    await harness.submit(job);
    const waits = await harness.until(job.jid, ({ message = '' }) => /partition/.test(message));
    expect(waits).toMatchObject({ status: 'notstarted' });
    await rig.site.call('scontrol', 'update', 'partitionname=main', 'state=up');
    expect(await harness.finish(job.jid)).toMatchObject({ status: 'finishedSuccessfully' });
  });

  it('that staff has cancelled says so when the queue has forgotten it', async () => {
    const job = await running();
    await rig.site.call('scancel', await rig.site.job(job.jid));
    const answer = await harness.finish(job.jid);
    expect(answer).toMatchObject({ status: 'finishedWithError' });
    expect(answer['message']).toMatch(/cancelled/i);
  });

  it('that no node can run is refused in the words of SLURM', async () => {
    const { status, body } = await harness.post(
      await harness.job('true', { memory_limit: 900_000 }),
    );
    expect(status).toBe(422);
    expect(body['message']).toMatch(/configuration is not available/);
  });
});

describe('a job of a user who cannot enter the folder of the records', () => {
  it(
    'is no success: it fails, and the message names what to look at',
    async () => {
      const foreign = `${rig.store}.foreign-token`;
      const text = await rig.site.call('scontrol', 'token', `username=${OTHER}`, 'lifespan=999');
      await writeFile(foreign, text, { mode: 0o600 });
      const other = await rig.serve({
        PATH: '/nowhere',
        SLURM_CONF: '',
        SLURMRESTD_URL: rig.site.rest,
        SLURM_JWT_FILE: foreign,
      });
      const job = await other.job(RUN);
      await other.submit(job);
      const waits = await other.until(job.jid, ({ message = '' }) => /waited for/.test(message));
      expect(waits).toMatchObject({ status: 'notstarted' });
      const seen = async (): Promise<string> => (await other.get(job.jid)).body['status'] ?? '';
      await expect.poll(seen, { timeout: LAG_MS, interval: 1_000 }).toBe('finishedWithError');
      expect((await other.get(job.jid)).body['message']).toMatch(
        /SLURM_RECORDS must be at the same path .* as the user of this service/,
      );
      expect((await other.delete(job.jid)).status).toBe(204);
      await rm(foreign);
    },
    LAG_MS + 60_000,
  );
});

describe('a token for slurmrestd', () => {
  it('that has expired is a 503 in words, and a POST waits for the next one in the file', async () => {
    const alive = await running();
    await write(await token(1));
    await expect
      .poll(() => ready(), { timeout: 20_000 })
      .toMatch(/^503 .*JWT\) has expired at 20/s);
    const seen = async (): Promise<string> => {
      const { status, body } = await harness.get(alive.jid);
      return `${status} ${body['message'] ?? ''}`;
    };
    await expect.poll(seen, { timeout: 30_000 }).toMatch(/^503 .*has expired/);
    const job = await harness.job(RUN);
    const posted = harness.post(job);
    await renew();
    expect((await posted).status).toBe(201);
    expect(await ready()).toMatch(/^200/);
    // A fault of the queue is everybody's for a moment.
    await expect.poll(seen, { timeout: 10_000 }).toMatch(/^200/);
    expect(await harness.finish(job.jid)).toMatchObject({ status: 'finishedSuccessfully' });
    expect(await harness.written(job, 'runs')).toBe('run\n');
    expect((await harness.delete(alive.jid)).status).toBe(204);
  });

  it.each([
    ['of another key', /refuses the token/],
    ['that is none', /is not one/],
  ])('%s is a 503 in words', async (what, words) => {
    const [head = '', claims = ''] = (await token(DAY_SECONDS)).split('.');
    await write(what === 'that is none' ? 'nothing' : `${head}.${claims}.${'A'.repeat(43)}`);
    try {
      await expect.poll(() => ready(), { timeout: 20_000 }).toMatch(/^503/);
      expect(await ready()).toMatch(words);
    } finally {
      await renew();
    }
  });

  it('is in no line of the log', async () => {
    const [, , signature = '-'] = (await token(DAY_SECONDS)).split('.');
    expect(signature).not.toBe('-');
    expect(harness.serviceLog.join('\n')).not.toMatch(/eyJ[\w-]+\.[\w-]+/);
  });
});

async function ready(): Promise<string> {
  const { status, text } = await ask(harness, '/health/ready');
  return `${status} ${text}`;
}
