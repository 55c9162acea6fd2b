import { execFile } from 'node:child_process';
import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Harness } from '../contract/harness.js';
import { hardWords } from './hard-words.js';
import { SlurmRig } from './slurm-rig.js';

const run = promisify(execFile);
const UNPACK = fileURLToPath(new URL('../engines/images/unpack.sh', import.meta.url));
const START_MS = 180_000;

let rig: SlurmRig;
let harness: Harness;

beforeAll(async () => {
  rig = await SlurmRig.up('f-slch', {});
  const images = `${rig.store}.records/images`;
  await run('bash', [UNPACK, rig.site.runtime, images], { timeout: 30_000 });
  const environment = join(images, 'img/local%probe+1/ch/environment');
  await appendFile(environment, 'FROM_IMAGE=yes\n');
  harness = await rig.serve({
    SLURM_CONTAINER_RUNTIME: 'charliecloud',
    SLURM_CONTAINER_PROGRAM: '',
    SLURM_IMAGE_STORAGE: images,
  });
}, START_MS);
afterAll(() => rig.down());

describe('a job in Charliecloud', () => {
  it('runs, leaves its output and its log, and is removed', async () => {
    const { job, answer } = await harness.run('echo made > /share/outgoing/file; echo said');
    expect(answer).toMatchObject({ status: 'finishedSuccessfully', logs: 'said\n' });
    expect(await harness.written(job, 'file')).toBe('made\n');
    expect((await harness.delete(job.jid)).status).toBe(204);
  });

  it('has its arguments and its environment byte for byte, line ends of any kind too', async () => {
    const words = hardWords();
    const value = `'${words.join('')}\r\n'`;
    const script = `printf '%s\\0' "$@" > /share/outgoing/words; printf %s "$HARD" > /share/outgoing/value`;
    const { job, answer } = await harness.run(script, { args: words, env: [`HARD=${value}`] });
    expect(answer).toMatchObject({ status: 'finishedSuccessfully' });
    const read = (await harness.written(job, 'words')).split('\0').slice(0, -1);
    expect(read.slice(0, words.length)).toEqual(words);
    expect(await harness.written(job, 'value')).toBe(value);
  });

  it('has the variables of its image and none of the node', async () => {
    const { answer } = await harness.run('env', { env: ['LD_PRELOAD='] });
    expect(answer['logs']).toMatch(/^FROM_IMAGE=yes$/m);
    expect(answer['logs']).toMatch(/^PATH=.*\/bin/m);
    expect(answer['logs']).not.toMatch(/SLURM/);
  });

  it('that fails says with which code', async () => {
    const { answer } = await harness.run('exit 7');
    expect(answer).toMatchObject({ status: 'finishedWithError' });
    expect(answer['message']).toMatch(/7/);
  });

  it('whose image is not there fails with the words of Charliecloud', async () => {
    const { answer } = await harness.run('true', { image: 'local/nowhere:1' });
    expect(answer).toMatchObject({ status: 'finishedWithError' });
    expect(answer['logs']).toMatch(/ch-run.*local\/nowhere:1: No such file/);
  });

  it('is ended by DELETE', async () => {
    const script =
      'touch /share/outgoing/up; while :; do echo x >> /share/outgoing/beat; sleep 0.1; done';
    const job = await harness.job(script);
    await harness.submit(job);
    await harness.appears(job, 'up');
    expect((await harness.delete(job.jid)).status).toBe(204);
    await expect.poll(() => rig.site.jobs(job.jid), { timeout: 10_000 }).toEqual([]);
    const before = await harness.outputSizes(job);
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(await harness.outputSizes(job)).toEqual(before);
  });

  it('is ended at its time limit', async () => {
    const short = await rig.serve({
      SLURM_CONTAINER_RUNTIME: 'charliecloud',
      SLURM_CONTAINER_PROGRAM: '',
      SLURM_IMAGE_STORAGE: `${rig.store}.records/images`,
      JOB_TIMEOUT: '2',
    });
    const { answer } = await short.run('exec sleep 60');
    expect(answer).toMatchObject({ status: 'finishedWithError' });
    expect(answer['message']).toMatch(/time limit/i);
  });

  it('cannot have a GPU, and the log says that its input is not read-only', async () => {
    const { status, body } = await harness.post(await harness.job('true', { gpu_limit: 1 }));
    expect(status).toBe(400);
    expect(JSON.stringify(body)).toMatch(/gpu_limit/);
    expect(harness.serviceLog.join('\n')).toMatch(/cannot mount read-only/);
  });
});
