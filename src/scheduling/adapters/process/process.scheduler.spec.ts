import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { mebibytes, millicores } from '../../../shared/units.js';
import type { SpecHash } from '../../domain/spec-hash.js';
import { Bench, RECORDS, jobName, within } from './job-fixture.js';

const isRoot = process.getuid?.() === 0;
let bench: Bench;

beforeEach(async () => {
  bench = await Bench.open();
});
afterEach(() => bench.close());

describe('a job as a process of the host', () => {
  it('gets its argv byte for byte', async () => {
    const bytes = Array.from({ length: 0x7ff }, (_, code) => String.fromCodePoint(code + 1)).join(
      '',
    );
    const words = [
      '',
      ' ',
      '\n',
      "'",
      '"',
      '$HOME',
      '`id`',
      '$(id)',
      '\\',
      '-e',
      '--',
      '*',
      '',
      bytes,
    ];
    const script = 'process.stdout.write(JSON.stringify(process.argv.slice(1)))';
    await bench.run(bench.spec({ command: [process.execPath, '-e', script, '--', ...words] }));
    expect(JSON.parse(await bench.log())).toEqual(words);
  });

  it('has exactly the environment that it asks for, with PATH and HOME', async () => {
    process.env['PMAN_TEST_SECRET'] = 'leak';
    const env = [
      { name: 'GREETING', value: 'it\'s "=\n$HOME ü' },
      { name: 'EMPTY', value: '' },
      { name: 'LD_LIBRARY_PATH', value: '/x' },
    ];
    await bench.run(bench.spec({ command: ['env', '-0'], env }));
    const path = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
    const given = env.map(({ name, value }) => `${name}=${value}`);
    const seen = (await bench.log()).split('\0').filter((line) => line !== '');
    expect(seen.filter((line) => !line.startsWith('HOME='))).toEqual([`PATH=${path}`, ...given]);
    expect(seen.find((line) => line.startsWith('HOME='))).toMatch(/^HOME=\//);
  });

  it('keeps the PATH and HOME that it brings', async () => {
    const env = [
      { name: 'HOME', value: '/tmp' },
      { name: 'PATH', value: '/usr/bin:/bin' },
    ];
    await bench.run(bench.spec({ command: ['env'], env }));
    expect(await bench.log()).toBe('HOME=/tmp\nPATH=/usr/bin:/bin\n');
  });

  it('may be a program with an equals sign in its name', async () => {
    const program = join(bench.input, 'a=b');
    await writeFile(program, '#!/bin/sh\necho ran "$@"\n');
    await chmod(program, 0o755);
    await bench.run(bench.spec({ command: ['/share/incoming/a=b', 'c=d'] }));
    expect(await bench.log()).toBe('ran c=d\n');
  });

  it('reads its input and writes its output', async () => {
    await writeFile(join(bench.input, 'scan'), 'data');
    const command = ['cp', '/share/incoming/scan', '/share/outgoing/copy'];
    const job = await bench.run(bench.spec({ command }));
    expect(job.state).toMatchObject({
      status: 'finishedSuccessfully',
      message: 'finished successfully',
      exitCode: 0,
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    });
    expect(await readFile(join(bench.output, 'copy'), 'utf8')).toBe('data');
  });

  it.runIf(isRoot)('cannot write into its input, not even as root by a new mount', async () => {
    const script =
      'touch /share/incoming/x; mount -o remount,bind,rw /share/incoming; touch /share/incoming/x';
    const job = await bench.run(bench.shell(script));
    expect(job.state.status).toBe('finishedWithError');
    expect(await bench.log()).toContain('Read-only file system');
    expect(await readdir(bench.input)).toEqual([]);
  });

  it.runIf(isRoot)('leaves no mount and nothing in /share on the host', async () => {
    await bench.run(bench.shell('touch /share/outgoing/x'));
    expect(await readdir('/share')).toEqual([]);
    expect(await readFile('/proc/self/mountinfo', 'utf8')).not.toContain('/share');
  });

  it.each([
    [7, 'NonZeroExit', 'exited with code 7', 'exit 7'],
    [143, 'Signal', 'ended by signal SIGTERM (exit code 143)', 'kill -TERM $$'],
    [137, 'Signal', 'ended by signal SIGKILL (exit code 137)', 'kill -KILL $$'],
    [141, 'Signal', 'ended by signal SIGPIPE (exit code 141)', 'kill -PIPE $$'],
    [130, 'Signal', 'ended by signal SIGINT (exit code 130)', 'kill -INT $$'],
  ])('ends with code %i as %s', async (exitCode, reason, message, script) => {
    const job = await bench.run(bench.shell(`echo before; ${script}`));
    expect(job.state).toMatchObject({ status: 'finishedWithError', exitCode, reason, message });
    expect(await bench.log()).toBe('before\n');
  });

  it('cannot reach its supervisor by a signal to its process group', async () => {
    const job = await bench.run(bench.shell('kill -KILL 0'));
    expect(job.state).toMatchObject({ exitCode: 137, reason: 'Signal' });
  });

  it('is refused before anything is left when its program does not exist', async () => {
    const refused = bench.scheduler.submit(bench.spec({ command: ['/nope'] }), within());
    await expect(refused).rejects.toMatchObject({
      code: 'JobRefused',
      retryable: false,
      message: 'the command "/nope" was not found',
    });
    await expect(bench.scheduler.find(jobName('job'), within())).rejects.toMatchObject({
      code: 'JobNotFound',
    });
  });

  it('is refused without a trace when its command line is too long for the host', async () => {
    const command = ['true', ...Array.from({ length: 40 }, () => 'x'.repeat(120_000))];
    const refused = bench.scheduler.submit(bench.spec({ command }), within());
    await expect(refused).rejects.toMatchObject({ code: 'JobRefused' });
    expect(await readdir(join(bench.root, RECORDS, 'jobs'))).toEqual([]);
  });

  it.each(['a'.repeat(200), 'A.b-C_9', 'con.', 'x'])('may be called %s', async (text) => {
    const job = await bench.run(bench.spec({ name: jobName(text) }));
    expect(job).toMatchObject({ name: text, state: { status: 'finishedSuccessfully' } });
  });

  it('is another job when its name differs in case', async () => {
    await bench.run(bench.shell('echo lower', { name: jobName('job') }));
    await bench.run(bench.shell('echo upper', { name: jobName('JOB') }));
    expect([await bench.log('job'), await bench.log('JOB')]).toEqual(['lower\n', 'upper\n']);
  });

  it('keeps labels and command in a record without values of the environment', async () => {
    const env = [{ name: 'TOKEN', value: 'top-secret' }];
    await bench.run(bench.spec({ env, labels: { team: 'a' } }));
    const jobs = join(bench.root, RECORDS, 'jobs');
    const [directory = ''] = await readdir(jobs);
    const text = await readFile(join(jobs, directory, 'record.json'), 'utf8');
    expect(JSON.parse(text)).toMatchObject({
      labels: { team: 'a', 'org.chrisproject.pman.jid': 'job' },
    });
    expect(text).not.toContain('top-secret');
  });

  it('gives the name to nobody else', async () => {
    await bench.scheduler.submit(bench.shell('sleep 20'), within());
    const other = bench.spec({ specHash: 'other' as SpecHash });
    await expect(bench.scheduler.submit(other, within())).rejects.toMatchObject({
      code: 'NameTaken',
    });
  });

  it('leaves a foreign directory under its name alone', async () => {
    await bench.run(bench.spec({}));
    const jobs = join(bench.root, RECORDS, 'jobs');
    const [directory = ''] = await readdir(jobs);
    await bench.scheduler.remove(jobName('job'), within());
    await mkdir(join(jobs, directory));
    await writeFile(join(jobs, directory, 'note'), 'mine');
    await expect(bench.scheduler.submit(bench.spec({}), within())).rejects.toMatchObject({
      code: 'NameTaken',
    });
    expect(await readdir(join(jobs, directory))).toEqual(['note']);
  });

  it('says in its message which limits are not enforced', async () => {
    const bare = await Bench.open({
      cgroups: { version: 'v2', memory: undefined, cpu: undefined, pids: undefined },
    });
    const limits = { memoryLimit: mebibytes(16), cpuLimit: millicores(100) };
    const job = await bare.run(bare.spec(limits));
    expect(job.state.message).toBe(
      'finished successfully (not enforced here: the memory limit, the CPU limit)',
    );
    await bare.close();
  });

  it('is planned without being run', async () => {
    const [plan] = bench.scheduler.plan(bench.spec({ command: ['echo', 'hi'] }));
    expect(plan).toMatchObject({ worker: 1, program: '/bin/sh' });
    expect(await readdir(join(bench.root, RECORDS))).toEqual([]);
  });
});
