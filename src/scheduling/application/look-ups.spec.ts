import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { ModelBackend } from '../../../test/fakes/model-backend.js';
import { backendError } from '../domain/scheduling-errors.js';
import type { Job } from '../domain/job.js';
import type { JobName } from '../domain/job-name.js';
import { FINE, NAME, ONE_LIST, TIMES, live, soon, statusOf } from './live-scheduler-fixture.js';

const SOON = { interval: 5, timeout: 5_000 };
const QUIET = { ...FINE, dropsHint: () => true };

/** Look-ups that each end when they are told to; what they find is of when they began. */
function heldLookUps(backend: ModelBackend) {
  const find = backend.find.bind(backend);
  const held: (() => void)[] = [];
  backend.find = async (name) => {
    const found = find(name);
    found.catch(() => undefined);
    await new Promise<void>((resolve) => held.push(resolve));
    return found;
  };
  return held;
}

describe('a poll of a job that the table does not have', () => {
  it('takes no answer of a look-up that began before it', async () => {
    const backend = new ModelBackend(QUIET);
    const { scheduler, sync } = live(backend, ONE_LIST);
    const held = heldLookUps(backend);
    const early = statusOf(scheduler, NAME);
    await expect.poll(() => held.length, SOON).toBe(1);
    // Time for the look-up to have found nothing.
    await sleep(20);
    backend.create(NAME);
    const late = [statusOf(scheduler, NAME), statusOf(scheduler, NAME)];
    held[0]?.();
    expect(await early).toBe('JobNotFound');
    await expect.poll(() => held.length, SOON).toBe(2);
    held[1]?.();
    expect(await Promise.all(late)).toEqual(['notstarted', 'notstarted']);
    sync.stop();
  });
});

describe('a poll that meets a look-up which does not end', () => {
  it('is over when its own time is', async () => {
    const backend = new ModelBackend(QUIET);
    const { scheduler, sync } = live(backend, ONE_LIST);
    backend.find = () => new Promise(() => undefined);
    const first = sync.lookUp(NAME, AbortSignal.timeout(3_000)).catch(() => undefined);
    const began = performance.now();
    const poll = scheduler.find(NAME, AbortSignal.timeout(100));
    await expect(poll).rejects.toMatchObject({ code: 'BackendUnavailable', retryable: true });
    expect(performance.now() - began).toBeLessThan(1_000);
    sync.stop();
    await first;
  });

  it('leaves it to the others, and takes it along when there are none', async () => {
    const backend = new ModelBackend(QUIET);
    const { sync } = live(backend, ONE_LIST);
    const signals: AbortSignal[] = [];
    backend.find = (_name: JobName, signal?: AbortSignal) => {
      if (signal !== undefined) signals.push(signal);
      return new Promise<Job>((_resolve, reject) => {
        signal?.addEventListener('abort', () => reject(new Error('over')));
      });
    };
    const [one, other] = [new AbortController(), new AbortController()];
    const first = sync.lookUp(NAME, one.signal).catch(() => undefined);
    // What began at the same moment is shared.
    const second = sync.lookUp(NAME, other.signal).catch(() => undefined);
    one.abort();
    await sleep(5);
    expect(signals[0]?.aborted).toBe(signals.length > 1);
    other.abort();
    await Promise.all([first, second]);
    expect(signals.every(({ aborted }) => aborted)).toBe(true);
    sync.stop();
  });
});

describe('look-ups that always fail', () => {
  it('do not keep the service from the others', async () => {
    const backend = new ModelBackend(QUIET);
    const names = Array.from({ length: 9 }, (_, index) => `job-${index}` as JobName);
    const sound = 'job-8' as JobName;
    for (const name of names) backend.create(name);
    const find = backend.find.bind(backend);
    backend.find = (name) => {
      const isBroken = name !== sound;
      return isBroken ? Promise.reject(backendError('cannot be read')) : find(name);
    };
    const { sync, table } = live(backend, { ...TIMES, busyList: 200, idleList: 200 });
    await expect.poll(() => table.get(sound), SOON).toBeDefined();
    sync.stop();
  });
});

describe('a final status', () => {
  it('is served whatever keeps the backend from telling it', async () => {
    const backend = new ModelBackend(FINE);
    backend.create(NAME);
    backend.move(NAME, 'finishedSuccessfully');
    const { scheduler, sync } = live(backend);
    await expect.poll(() => statusOf(scheduler, NAME), SOON).toBe('finishedSuccessfully');
    backend.find = () => Promise.reject(backendError('this is no manager any more'));
    backend.list = () => Promise.reject(backendError('this is no manager any more'));
    backend.disconnect();
    await sleep(100);
    expect(await statusOf(scheduler, NAME)).toBe('finishedSuccessfully');
    await expect(scheduler.findNow(NAME, soon())).rejects.toMatchObject({ code: 'BackendError' });
    sync.stop();
  });
});

describe('the log of a job that somebody else has removed', () => {
  it('is kept no longer than the job', async () => {
    const backend = new ModelBackend(FINE);
    backend.create(NAME);
    backend.move(NAME, 'finishedSuccessfully');
    const { scheduler, sync, logs } = live(backend);
    await expect.poll(() => statusOf(scheduler, NAME), SOON).toBe('finishedSuccessfully');
    await scheduler.logs(NAME, { lines: 10, bytes: 1_000 }, soon());
    expect(logs.bytes).toBeGreaterThan(0);
    backend.destroy(NAME);
    await expect.poll(() => logs.bytes, SOON).toBe(0);
    sync.stop();
  });
});
