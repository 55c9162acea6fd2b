import { describe, expect, it } from 'vitest';
import { joinWorkerLogs } from './worker-logs.js';

describe('the log of a job', () => {
  it('with one worker is the log of that worker', () => {
    expect(joinWorkerLogs(['text without an end'])).toBe('text without an end');
  });

  it('with several names each, in order, and gives each a line of its own', () => {
    expect(joinWorkerLogs(['a', '', 'c\n'])).toBe(
      '--- worker 1 of 3 ---\na\n--- worker 2 of 3 ---\n--- worker 3 of 3 ---\nc\n',
    );
  });
});
