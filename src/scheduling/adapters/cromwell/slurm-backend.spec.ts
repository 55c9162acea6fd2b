import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

const FILE = resolve(import.meta.dirname, '../../../../deploy/cromwell/slurm-backend.conf');
const folder = mkdtempSync(join(tmpdir(), 'slurm-backend-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A command of the example, with a job's number in it. */
function commandOf(key: string): string {
  const text = readFileSync(FILE, 'utf8');
  const [, long, short] = new RegExp(`^ *${key} = (?:"""([^]*?)"""|"(.*)")$`, 'm').exec(text) ?? [];
  return (long ?? short ?? '').replaceAll('${job_id}', '7');
}

/** Runs the check of a job where `squeue` does this. */
function isAlive(squeue: string): boolean {
  const program = join(folder, 'squeue');
  writeFileSync(program, `#!/bin/sh\n${squeue}\n`);
  chmodSync(program, 0o755);
  const env = { ...process.env, PATH: `${folder}:${process.env['PATH'] ?? ''}` };
  return spawnSync('/bin/bash', ['-c', commandOf('check-alive')], { env }).status === 0;
}

describe('the check by which Cromwell finds that a job is gone', () => {
  it.each([
    ['lists it', 'echo " 7 debug cromwell R 0:01 1 n1"', true],
    ['lists nothing', 'exit 0', false],
    [
      'does not know it',
      'echo "slurm_load_jobs error: Invalid job id specified" >&2; exit 1',
      false,
    ],
    [
      'cannot reach the controller',
      'echo "slurm_load_jobs error: Unable to contact slurm controller" >&2; exit 1',
      true,
    ],
    ['times out', 'echo "slurm_load_jobs error: Socket timed out" >&2; exit 1', true],
    ['is killed', 'kill -9 $$', true],
  ])('when squeue %s', (_title, squeue, expected) => {
    expect(isAlive(squeue)).toBe(expected);
  });

  it('asks of this job alone, wherever it is', () => {
    const said = join(folder, 'asked');
    isAlive(`printf '%s\\n' "$@" >'${said}'`);
    expect(readFileSync(said, 'utf8').trim().split('\n').toSorted()).toEqual(
      ['--all', '--jobs=7', '--noheader'].toSorted(),
    );
  });
});

describe('the commands of the example', () => {
  it.each(['submit', 'kill', 'check-alive'])('%s is one that bash can read', (key) => {
    const command = commandOf(key).replaceAll(/\$\{[^}]*\}/g, 'x');
    expect(command).not.toBe('');
    expect(() => execFileSync('/bin/bash', ['-n', '-c', command])).not.toThrow();
  });
});
