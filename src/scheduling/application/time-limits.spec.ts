import { describe, expect, it, vi } from 'vitest';
import { jobName } from '../../../test/fakes/builders.js';
import { InMemoryScheduler } from '../../../test/fakes/in-memory.scheduler.js';
import type { EventLog } from '../../shared/event-log.js';
import type { Job } from '../domain/job.js';
import { JobTable } from './job-table.js';
import { TimeLimits } from './time-limits.js';

const NAME = jobName('job-1');
const START = Date.parse('2026-01-02T03:04:05Z');
const SILENT = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

function running(deadline: string | undefined): Job {
  return {
    name: NAME,
    specHash: 'hash' as Job['specHash'],
    incarnation: 'a',
    mark: 'a',
    image: 'i',
    command: ['c'],
    state: { status: 'started', message: 'running', timestamp: '' },
    ...(deadline !== undefined && { deadline }),
  };
}

/** A backend whose clock and ours differ as the test wants. */
function limits(deadline: string | undefined, log: EventLog = SILENT) {
  const clocks = { backend: START, ours: 1_000 };
  const backend = new InMemoryScheduler();
  const stopped: string[] = [];
  backend.stop = (name) => Promise.resolve(void stopped.push(name));
  const now = vi.fn<() => Promise<number>>(() => Promise.resolve(clocks.backend));
  Object.assign(backend, { now });
  const table = new JobTable();
  table.learn(NAME, running(deadline), 0);
  const service = new TimeLimits(
    backend,
    table,
    () => {},
    log,
    () => clocks.ours,
  );
  return { service, stopped, clocks, now };
}

describe('a job with a time limit', () => {
  it('runs until the clock of the backend has reached its end, and is ended then', async () => {
    const { service, stopped, clocks } = limits('2026-01-02T03:04:15Z');
    await service.round();
    clocks.ours += 9_999;
    await service.round();
    expect(stopped).toEqual([]);
    clocks.ours += 1;
    await service.round();
    expect(stopped).toEqual([NAME]);
  });

  it('is not touched by a step of the clock here: only time that passes counts', async () => {
    const { service, stopped } = limits('2026-01-02T03:04:15Z');
    vi.useFakeTimers({ now: Date.parse('2036-01-01T00:00:00Z'), toFake: ['Date'] });
    await service.round();
    vi.useRealTimers();
    expect(stopped).toEqual([]);
  });

  it('asks the backend for its time once a minute, not once a round', async () => {
    const { service, clocks, now } = limits('2026-01-02T03:05:45Z');
    for (let round = 0; round < 100; round += 1) {
      clocks.ours += 500;
      clocks.backend += 500;
      await service.round();
    }
    expect(now).toHaveBeenCalledTimes(1);
  });

  it('stays when the backend does not tell its time', async () => {
    const { service, stopped, now } = limits('2026-01-02T03:04:15Z');
    now.mockRejectedValueOnce(new Error('no answer'));
    await service.round();
    expect(stopped).toEqual([]);
  });
});

describe('a backend that does not tell its time for long', () => {
  it('is told of once', async () => {
    const warn = vi.fn<EventLog['warn']>();
    const { service, now } = limits('2026-01-02T03:04:15Z', { ...SILENT, warn });
    const silence = () => now.mockRejectedValueOnce(new Error('no answer'));
    for (let round = 0; round < 10; round += 1) {
      silence();
      await service.round();
    }
    expect(warn).toHaveBeenCalledTimes(1);
  });
});

describe('a job without a time limit', () => {
  it('costs no question', async () => {
    const { service, stopped, now } = limits(undefined);
    await service.round();
    expect(now).not.toHaveBeenCalled();
    expect(stopped).toEqual([]);
  });
});
