import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { mebibytes, millicores } from '../../../shared/units.js';
import { Bench, RECORDS, jobName, within } from './job-fixture.js';

const isRoot = process.getuid?.() === 0;
/** Takes 64 MiB, and what Node itself needs. */
const HOG = [process.execPath, '-e', 'Buffer.alloc(64 << 20, 1)'];
let bench: Bench;

beforeEach(async () => {
  bench = await Bench.open();
});
afterEach(() => bench.close());

describe.runIf(isRoot)('limits and users, where the service is root', () => {
  it('ends a job that takes more memory than its limit as out of memory', async () => {
    const job = await bench.run(bench.spec({ command: HOG, memoryLimit: mebibytes(16) }));
    expect(job.state).toMatchObject({
      status: 'finishedWithError',
      reason: 'OutOfMemory',
      exitCode: 137,
      message: 'out of memory: the job used more than its limit of 16 MiB',
    });
  });

  it('lets a job take the memory that it may have', async () => {
    const job = await bench.run(bench.spec({ command: HOG, memoryLimit: mebibytes(256) }));
    expect(job.state.status).toBe('finishedSuccessfully');
  });

  it('gives each worker a memory limit of its own', async () => {
    const job = await bench.run(
      bench.spec({ command: HOG, memoryLimit: mebibytes(256), workers: 3 }),
    );
    expect(job.state.status).toBe('finishedSuccessfully');
  });

  it('holds a job to its share of the CPU', async () => {
    const script = 'timeout 2 sh -c "while :; do :; done"; cat /proc/uptime >/dev/null; times';
    await bench.run(bench.shell(script, { cpuLimit: millicores(200) }));
    const [, minutes = '9', seconds = '9'] = /\n(\d+)m([\d.]+)s/.exec(await bench.log()) ?? [];
    expect(Number(minutes) * 60 + Number(seconds)).toBeLessThan(0.8);
  });

  it('removes the control groups with the job', async () => {
    const { memory = '', pids = '' } = bench.host.cgroups;
    await bench.run(bench.spec({ memoryLimit: mebibytes(16) }));
    const [run = ''] = (await readdir(join(bench.root, RECORDS, 'jobs'))).map((name) => name);
    const names = await readdir(join(bench.root, RECORDS, 'jobs', run));
    const group = names.find((name) => name.endsWith('.1')) ?? '';
    expect(await readFile(join(pids, group, 'pids.max'), 'utf8')).toBe('4096\n');
    expect(await readdir(memory)).toContain(group);
    await bench.scheduler.remove(jobName('job'), within());
    expect(await readdir(memory)).not.toContain(group);
    expect(await readdir(pids)).not.toContain(group);
  });

  it('runs a job as the user and group that it names, without other groups', async () => {
    const user = { uid: 1234, gid: 2345 };
    await bench.run(bench.shell('id -u; id -g; id -G; touch /share/outgoing/x', { user }));
    expect(await bench.log()).toBe('1234\n2345\n2345\n');
    expect(await stat(join(bench.output, 'x'))).toMatchObject({ uid: 1234, gid: 2345 });
  });

  it('gives a user without account group 0 and the home directory /', async () => {
    const user = { uid: 54_321, gid: undefined };
    await bench.run(bench.shell('id -u; id -g; echo "$HOME"', { user }));
    expect(await bench.log()).toBe('54321\n0\n/\n');
  });

  it('lets a job of another user reopen its output', async () => {
    const user = { uid: 1234, gid: 2345 };
    const script = 'echo one >/dev/stdout; echo two >/dev/stderr; echo three >>/proc/self/fd/1';
    await bench.run(bench.shell(script, { user }));
    expect(await bench.log()).toBe('one\ntwo\nthree\n');
  });

  it('leaves a job no way to more privileges, and a root job only what it needs for files', async () => {
    const script = 'grep -E "CapEff|CapBnd|NoNewPrivs" /proc/self/status | tr -d "\\n\\t"';
    await bench.run(bench.shell(script));
    expect(await bench.log()).toBe('CapEff:00000000000000ebCapBnd:00000000000000ebNoNewPrivs:1');
    const user = { uid: 1234, gid: 2345 };
    await bench.run(bench.shell(script, { name: jobName('other'), user }));
    expect(await bench.log('other')).toBe(
      'CapEff:0000000000000000CapBnd:0000000000000000NoNewPrivs:1',
    );
  });

  it('does not let the environment of a job reach a program that runs before it as root', async () => {
    const env = [
      { name: 'LD_PRELOAD', value: '/share/incoming/evil.so' },
      { name: 'ENV', value: '/share/incoming/evil.sh' },
      { name: 'PATH', value: '/share/incoming:/usr/bin:/bin' },
    ];
    const job = await bench.run(bench.spec({ command: ['env'], env }));
    expect(job.state.status).toBe('finishedSuccessfully');
    // By the job itself alone: the loader complains in every program that has the variable.
    expect((await bench.log()).match(/cannot be preloaded/g)).toHaveLength(1);
  });

  it('shows a job no process of the host', async () => {
    await bench.run(bench.shell('cat /proc/[0-9]*/comm'));
    expect((await bench.log()).trim().split('\n')).not.toContain('node');
  });
});
