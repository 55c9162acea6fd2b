import fc from 'fast-check';
import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { jobName, specHash } from '../../../test/fakes/builders.js';
import { presentJob, shellQuote } from './job.presenter.js';

describe('a word of a command', () => {
  // Each row is what Python 3.11 says to shlex.quote(word).
  it.each([
    ['', "''"],
    ['simple', 'simple'],
    ['a-Z_0.9', 'a-Z_0.9'],
    ['@%+=:,./-', '@%+=:,./-'],
    ['/share/incoming', '/share/incoming'],
    ['a b', "'a b'"],
    ["it's", `'it'"'"'s'`],
    ["'", `''"'"''`],
    ['"', `'"'`],
    ['$HOME', "'$HOME'"],
    ['`id`', "'`id`'"],
    ['a\nb', "'a\nb'"],
    ['\\', "'\\'"],
    ['~', "'~'"],
    ['#', "'#'"],
    ['é', "'é'"],
    ['*', "'*'"],
    ['a;b', "'a;b'"],
    ['!', "'!'"],
    ['{a,b}', "'{a,b}'"],
  ])('%j is quoted as %s', (word, quoted) => {
    expect(shellQuote(word)).toBe(quoted);
  });

  it('is read back by a shell as it was', () => {
    const word = fc.string({
      unit: fc.constantFrom(...'a \'"$`\\\n;&|<>()*?[]#~=%!{}é'.split('')),
    });
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 5 }), (words) => {
        const script = `printf '%s\\0' ${words.map(shellQuote).join(' ')}`;
        const read = execFileSync('sh', ['-c', script], { encoding: 'utf8' });
        expect(read.split('\0').slice(0, -1)).toEqual(words);
      }),
      { numRuns: 50 },
    );
  });
});

describe('a job in the v1 API', () => {
  it('has seven keys, all strings', () => {
    const job = {
      name: jobName('job-1'),
      specHash: specHash('x'),
      incarnation: '1',
      mark: '1',
      image: 'alpine:3',
      command: ['sh', '-c', 'exit 3'],
      state: {
        status: 'finishedWithError',
        message: 'exited with code 3',
        reason: 'NonZeroExit',
        exitCode: 3,
        timestamp: '2026-01-02T03:04:05Z',
      },
    } as const;
    expect(presentJob(job, 'text\n')).toEqual({
      jid: 'job-1',
      image: 'alpine:3',
      cmd: "sh -c 'exit 3'",
      status: 'finishedWithError',
      message: 'exited with code 3',
      timestamp: '2026-01-02T03:04:05Z',
      logs: 'text\n',
    });
  });
});
