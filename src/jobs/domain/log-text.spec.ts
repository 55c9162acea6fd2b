import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jobName, specHash } from '../../../test/fakes/builders.js';
import type { Job, JobState } from '../../scheduling/domain/job.js';
import { collapseCarriageReturns, withFailureLine } from './log-text.js';

describe('a line with carriage returns', () => {
  it.each([
    ['10%\r20%\r30%\n', '30%\n'],
    ['10%\r20%\r', '20%'],
    ['a\r\nb\r\n', 'a\nb\n'],
    ['10%\r20%\r\ndone\n', '20%\ndone\n'],
    ['\r', ''],
    ['\r\r\r\n', '\n'],
    ['\rdone', 'done'],
    ['a\rb\nc\rd', 'b\nd'],
    ['plain\n', 'plain\n'],
    ['', ''],
  ])('%j collapses to %j', (log, text) => {
    expect(collapseCarriageReturns(log)).toBe(text);
  });

  it('is collapsed in a moment however many there are', () => {
    const began = performance.now();
    expect(collapseCarriageReturns(`${'\r'.repeat(1_000_000)}x`)).toBe('x');
    expect(performance.now() - began).toBeLessThan(1_000);
  });

  it('never leaves one behind, and no line is lost', () => {
    const logs = fc
      .array(fc.constantFrom('a', 'b', '\r', '\n', '\r\n'))
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(logs, (log) => {
        const text = collapseCarriageReturns(log);
        expect(text).not.toContain('\r');
        expect(text.split('\n')).toHaveLength(log.split('\n').length);
      }),
    );
  });
});

describe('the last line of a log', () => {
  const job = (state: Partial<JobState>): Job => ({
    name: jobName('job-1'),
    specHash: specHash('x'),
    incarnation: '1',
    mark: '1',
    image: 'x',
    command: ['x'],
    state: { status: 'finishedWithError', message: 'exited with code 3', timestamp: '', ...state },
  });

  it.each([
    ['', '[pman] job failed: exited with code 3\n'],
    ['text\n', 'text\n[pman] job failed: exited with code 3\n'],
    ['text', 'text\n[pman] job failed: exited with code 3\n'],
  ])('after %j tells why a job failed', (log, text) => {
    expect(withFailureLine(log, job({}))).toBe(text);
  });

  it.each(['notstarted', 'started', 'finishedSuccessfully', 'undefined'] as const)(
    "is the job's own while it is %s",
    (status) => {
      expect(withFailureLine('text', job({ status }))).toBe('text');
    },
  );
});
