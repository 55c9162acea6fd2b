import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WORKFLOW } from './cromwell-wdl.js';

const MANY = 200_000;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'cromwell-wdl-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The command of a call, as Cromwell fills it. */
function commandOf(script: string, worker: number): string {
  const [, command = ''] = /command <<<\n([^]*?)\n *>>>/.exec(WORKFLOW) ?? [];
  return command
    .replace('~{script}', Buffer.from(script).toString('base64'))
    .replace('~{number}', String(worker));
}

describe('the command of a call', () => {
  it('runs the script with the number of its worker, of which no file is left', () => {
    const script =
      'exec 9<&-\nls -A >"$1.files"\nls /proc/self/fd >"$1.open"\necho said "$@"\nexit 3\n';
    const { status, stdout } = spawnSync('/bin/bash', ['-c', commandOf(script, 2)], {
      cwd: folder,
      encoding: 'utf8',
    });
    expect(status).toBe(3);
    expect(stdout).toBe('said 2\n');
    expect(readFileSync(join(folder, '2.files'), 'utf8')).toBe('2.files\n');
    expect(readFileSync(join(folder, '2.open'), 'utf8').split('\n')).not.toContain('9');
    expect(readdirSync(folder).toSorted()).toEqual(['2.files', '2.open']);
  });

  it('runs a long script to its end, though its file is gone', () => {
    const script = `touch begun\n${`: ${'x'.repeat(80)}\n`.repeat(1_000)}sleep 0.2\necho end\n`;
    expect(
      execFileSync('/bin/bash', ['-c', commandOf(script, 1)], { cwd: folder, encoding: 'utf8' }),
    ).toBe('end\n');
    const padded = `echo ${'x'.repeat(MANY / 2)} | wc -c\n`;
    // As one argument of a program it would be too long.
    const file = commandOf(padded, 1);
    expect(execFileSync('/bin/bash', { cwd: folder, input: file, encoding: 'utf8' }).trim()).toBe(
      String(MANY / 2 + 1),
    );
  });

  it('keeps what it makes to its own user', () => {
    const made = execFileSync('/bin/bash', ['-c', commandOf('umask\n', 1)], { cwd: folder });
    expect(made.toString().trim()).toBe('0077');
  });

  it('fails, with words, where the script cannot be read', () => {
    const command = commandOf('', 1).replace("''", "'%%%'");
    const { status, stderr } = spawnSync('/bin/bash', ['-c', command], {
      cwd: folder,
      encoding: 'utf8',
    });
    expect(status).not.toBe(0);
    expect(stderr).toMatch(/base64/);
  });
});
