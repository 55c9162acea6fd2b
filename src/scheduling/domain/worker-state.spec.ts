import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JobState } from './job.js';
import { aggregateWorkers } from './worker-state.js';

const at = (second: number): string => `2026-01-01T00:00:0${second}Z`;
const waiting: JobState = { status: 'notstarted', message: 'waiting', timestamp: '' };
const running = (second: number): JobState => ({
  status: 'started',
  message: 'running',
  timestamp: at(second),
});
const done = (second: number): JobState => ({
  status: 'finishedSuccessfully',
  message: 'done',
  exitCode: 0,
  timestamp: at(second),
});
const failed = (second: number, exitCode = 3): JobState => ({
  status: 'finishedWithError',
  reason: 'NonZeroExit',
  message: `exited with code ${exitCode}`,
  exitCode,
  timestamp: at(second),
});

describe('the state of a job', () => {
  it('with one worker is the state of that worker', () => {
    expect(aggregateWorkers([failed(1)])).toEqual(failed(1));
  });

  it('is not started while no worker is', () => {
    expect(aggregateWorkers([waiting, waiting])).toEqual(waiting);
  });

  it.each([
    [[waiting, running(2)], at(2)],
    [[running(3), running(2)], at(2)],
    [[waiting, done(4)], at(4)],
    [[done(5), running(1)], at(1)],
    [[failed(5), running(1)], at(1)],
    [[failed(5), waiting], at(5)],
  ])('is started as long as a worker has begun and one has not ended', (workers, timestamp) => {
    expect(aggregateWorkers(workers)).toMatchObject({ status: 'started', timestamp });
    expect(aggregateWorkers(workers).reason).toBeUndefined();
  });

  it('tells how many of its workers have finished', () => {
    expect(aggregateWorkers([done(1), failed(2), running(3)]).message).toBe(
      '2 of 3 workers have finished',
    );
  });

  it('is successful when all workers are, at the last end', () => {
    expect(aggregateWorkers([done(2), done(4), done(3)])).toEqual({
      status: 'finishedSuccessfully',
      message: 'all 3 workers succeeded',
      timestamp: at(4),
    });
  });

  it('is an error with the reason of the first worker in error', () => {
    expect(aggregateWorkers([done(2), failed(4, 7), failed(3, 8)])).toEqual({
      status: 'finishedWithError',
      reason: 'NonZeroExit',
      message: 'worker 2 of 3: exited with code 7',
      exitCode: 7,
      timestamp: at(4),
    });
  });

  it('needs a worker', () => {
    expect(() => aggregateWorkers([])).toThrow('at least one worker');
  });

  it('never ends before the last worker, and never well when one has not', () => {
    const state = fc.constantFrom(waiting, running(1), done(2), failed(3));
    fc.assert(
      fc.property(fc.array(state, { minLength: 1, maxLength: 6 }), (workers) => {
        const { status } = aggregateWorkers(workers);
        const all = workers.map((worker) => worker.status);
        const ended = all.every((word) => word.startsWith('finished'));
        expect(status.startsWith('finished')).toBe(ended);
        if (status === 'finishedSuccessfully') expect(new Set(all)).toEqual(new Set([status]));
        if (status === 'notstarted') expect(new Set(all)).toEqual(new Set([status]));
      }),
    );
  });
});
