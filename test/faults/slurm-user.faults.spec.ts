import { execFile } from 'node:child_process';
import { chmod, mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Harness } from '../contract/harness.js';
import { SlurmRig } from './slurm-rig.js';

const run = promisify(execFile);
const UNPACK = fileURLToPath(new URL('../engines/images/unpack.sh', import.meta.url));
const START_MS = 180_000;
const COST_MS = 12_000;
const COUNTED = 'echo run >> /share/outgoing/runs; echo said';
const ENDLESS = 'touch /share/outgoing/up; exec sleep 300';
/** A user of every Debian who has no rights. */
const USER = 'daemon';
const AS_USER = ['setpriv', `--reuid=${USER}`, `--regid=${USER}`, '--clear-groups', '--'];

let rig: SlurmRig;
let harness: Harness;
let settings: Readonly<Record<string, string>>;

/** No accounting, no rights, and a partition that is hidden from everybody. */
beforeAll(async () => {
  rig = await SlurmRig.up('f-sluser', { SLURM_ACCOUNTING: 'no' });
  const records = `${rig.store}.records`;
  const images = `${rig.store}.images`;
  await chmod(rig.store, 0o755);
  await mkdir(records);
  await run('bash', [UNPACK, rig.site.runtime, images], { timeout: 30_000 });
  await run('chown', ['--recursive', USER, records, images]);
  settings = {
    SLURM_ACCOUNTING: 'no',
    SLURM_PARTITION: 'hidden',
    SLURM_CONTAINER_RUNTIME: 'charliecloud',
    SLURM_CONTAINER_PROGRAM: '',
    SLURM_IMAGE_STORAGE: images,
    IMAGE_ENTRYPOINT: 'replace',
  };
  harness = await rig.serve(settings, AS_USER);
}, START_MS);
afterAll(async () => {
  await rig.down();
  await run('rm', ['-rf', `${rig.store}.images`]);
});

describe('a service without rights, at a SLURM without accounting, in a hidden partition', () => {
  it('runs a job as itself, tells its log, and removes it', async () => {
    const { job, answer } = await harness.run('id -u; echo made > /share/outgoing/file');
    expect(answer).toMatchObject({ status: 'finishedSuccessfully', logs: '1\n' });
    expect(await harness.written(job, 'file')).toBe('made\n');
    expect((await harness.delete(job.jid)).status).toBe(204);
    expect((await harness.get(job.jid)).status).toBe(404);
  });

  it('L2: tells by the record alone how a job ended that SLURM has forgotten', async () => {
    const { job, answer } = await harness.run('echo said; exit 7');
    expect(answer['message']).toMatch(/\b7\b/);
    await rig.site.until(/^$/, 'squeue', '--all', '--noheader', '--states=all');
    await harness.crashAndRestart();
    expect((await harness.get(job.jid)).body).toEqual(answer);
  });

  it('sees its jobs wait, begin and end', async () => {
    await rig.site.call('scontrol', 'update', 'partitionname=hidden', 'state=down');
    const job = await harness.job(ENDLESS);
    await harness.submit(job);
    await harness.until(job.jid, ({ message = '' }) => /partition is down/.test(message));
    await rig.site.call('scontrol', 'update', 'partitionname=hidden', 'state=up');
    await harness.appears(job, 'up');
    await harness.until(job.jid, ({ status }) => status === 'started');
    expect((await harness.delete(job.jid)).status).toBe(204);
    const left = (): Promise<string> => rig.site.call('squeue', '--all', '--noheader');
    await expect.poll(left, { timeout: 10_000 }).toBe('');
  });

  it('L1: finds a job again whose answer was lost, and runs it once', async () => {
    const path = await rig.pathWithSbatch(
      'lossy',
      `[ -e "$0.lost" ] && exec "$SBATCH" "$@"
: >"$0.lost"
"$SBATCH" "$@" >/dev/null
exit 1`,
    );
    const lossy = await rig.serve({ ...settings, PATH: path }, AS_USER);
    await rig.site.call('scontrol', 'update', 'partitionname=hidden', 'state=down');
    const job = await lossy.job(COUNTED);
    await lossy.submit(job);
    expect(await rig.site.call('squeue', '--all', '--noheader', '--format=%j')).toBe(job.jid);
    await rig.site.call('scontrol', 'update', 'partitionname=hidden', 'state=up');
    expect(await lossy.finish(job.jid)).toMatchObject({ status: 'finishedSuccessfully' });
    expect(await lossy.written(job, 'runs')).toBe('run\n');
  });

  it('R16: asks the controller one question in two seconds, however many jobs are asked for', async () => {
    await rig.stopServices();
    const only = await rig.serve(settings, AS_USER);
    await rig.site.call('scontrol', 'update', 'partitionname=hidden', 'state=down');
    const jobs = await Promise.all(Array.from({ length: 10 }, () => only.job('true')));
    for (const job of jobs) await only.submit(job);
    const jids = jobs.map(({ jid }) => jid);
    const asked = await rig.questionsWhileAsking(only, jids, COST_MS);
    expect(asked).toBeGreaterThan(0);
    expect(asked).toBeLessThanOrEqual(COST_MS / 2_000);
    await Promise.all(jobs.map(({ jid }) => only.delete(jid)));
  });
});
