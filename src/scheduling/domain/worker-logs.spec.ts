import { describe, expect, it } from 'vitest';
import { joinWorkerLogs, logShare } from './worker-logs.js';

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

describe('the window of a log', () => {
  const window = { lines: 1_000, bytes: 100_000 };

  it('is all of one worker', () => {
    expect(logShare(window, 1)).toEqual(window);
  });

  it('is shared by several, lines and bytes', () => {
    expect(logShare(window, 3)).toEqual({ lines: 333, bytes: 33_310 });
    expect(logShare({ ...window, lines: undefined }, 3).lines).toBeUndefined();
  });

  it('leaves each of many a line, unless none is wanted', () => {
    expect(logShare({ ...window, lines: 2 }, 3).lines).toBe(1);
    expect(logShare({ ...window, lines: 0 }, 3).lines).toBe(0);
  });

  it.each([2, 160, 1_024])('has room for the logs of %i workers with their headers', (workers) => {
    const { bytes } = logShare(window, workers);
    const logs = Array.from({ length: workers }, () => 'x'.repeat(bytes));
    expect(bytes).toBeGreaterThan(0);
    expect(joinWorkerLogs(logs).length).toBeLessThanOrEqual(window.bytes);
  });
});
