import { execFileSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { LogOutput } from './log-output.js';

const LINE = `${'x'.repeat(999)}\n`;

describe('the log', () => {
  it('drops what a pipe that nobody reads does not take, and says so when it is read again', () => {
    const folder = mkdtempSync(join(tmpdir(), 'pman-log-'));
    const path = join(folder, 'pipe');
    execFileSync('mkfifo', [path]);
    const pipe = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
    const output = new LogOutput(pipe);
    for (let line = 0; line < 200; line += 1) output.write(LINE);
    const buffer = Buffer.alloc(1024 * 1024);
    const taken = readSync(pipe, buffer) / LINE.length;
    expect(taken).toBeLessThan(200);
    expect(Number.isInteger(taken)).toBe(true);
    output.write('after\n');
    const [loss, after] = buffer.toString('utf8', 0, readSync(pipe, buffer)).split('\n');
    expect(JSON.parse(loss ?? '')).toMatchObject({
      msg: 'lines of this log were lost',
      lines: 200 - taken,
    });
    expect(after).toBe('after');
    closeSync(pipe);
    rmSync(folder, { recursive: true });
  });

  it('does not end the service when the disk is full', () => {
    const full = openSync('/dev/full', 'w');
    const output = new LogOutput(full);
    expect(() => output.write(LINE)).not.toThrow();
    closeSync(full);
  });
});
