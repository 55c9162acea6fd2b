import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readCallWords } from './call-files.js';

const ID = 'b0b56479-a082-4897-b86d-7e19abb1ed17';
const MANY = 100_000;

let root: string;
let stderr: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'call-files-'));
  const folder = join(root, 'ChRISJob', ID, 'call-worker', 'shard-0', 'execution');
  await mkdir(folder, { recursive: true });
  stderr = join(folder, 'stderr');
  await writeFile(`${stderr}.submit`, 'sbatch: error: invalid partition\n');
  await writeFile(stderr, `${'x'.repeat(MANY)}sh: not found\n`);
  await writeFile(`${stderr}.batch`, 'slurmstepd: error: *** JOB 7 DUE TO TIME LIMIT ***\n');
});
afterAll(() => rm(root, { recursive: true, force: true }));

describe('what was said about a call', () => {
  it('that was never submitted is the answer of the batch system', async () => {
    expect(await readCallWords(ID, { stderr })).toBe('sbatch: error: invalid partition');
  });

  it('that was submitted is the end of its errors and those of the batch system', async () => {
    const words = await readCallWords(ID, { stderr, jobId: '7' });
    expect(words).toMatch(/xsh: not found slurmstepd: .* DUE TO TIME LIMIT \*\*\*$/);
    expect(words.length).toBeLessThan(MANY);
  });

  it.each([
    '/etc/passwd',
    'execution/stderr',
    `/srv/${ID}/call-x/../../../etc/execution/stderr`,
    '/srv/other/call-x/execution/stderr',
  ])('is not read at %s', async (path) => {
    expect(await readCallWords(ID, { stderr: path, jobId: '7' })).toBe('');
    expect(await readCallWords('', { stderr: path, jobId: '7' })).toBe('');
  });

  it('is not read through a link out of the folder, from a pipe, or where there is none', async () => {
    const secret = join(root, 'secret');
    await mkdir(secret);
    await writeFile(join(secret, 'stderr.submit'), 'secret');
    const call = join(root, 'links', ID, 'call-a');
    await mkdir(call, { recursive: true });
    await symlink(secret, join(call, 'execution'));
    expect(await readCallWords(ID, { stderr: join(call, 'execution', 'stderr') })).toBe('');
    const other = join(root, 'links', ID, 'call-b', 'execution');
    await mkdir(other, { recursive: true });
    await symlink(join(secret, 'stderr.submit'), join(other, 'stderr.submit'));
    expect(await readCallWords(ID, { stderr: join(other, 'stderr') })).toBe('');
    execFileSync('mkfifo', [join(other, 'stderr')]);
    expect(await readCallWords(ID, { stderr: join(other, 'stderr'), jobId: '7' })).toBe('');
  });
});
