import { describe, expect, it } from 'vitest';
import { ModelBackend } from '../../../test/fakes/model-backend.js';
import type { Job } from '../domain/job.js';
import type { JobName } from '../domain/job-name.js';
import { LogCache } from './log-cache.js';

const NAME = 'job-1' as JobName;
const WINDOW = { lines: 10, bytes: 1_000 };
const signal = AbortSignal.timeout(60_000);

function setUp(budget = 10_000) {
  const backend = new ModelBackend({
    delay: () => 1,
    dropsHint: () => true,
    repeatsHint: () => false,
  });
  const clock = { now: 0 };
  const cache = new LogCache(backend, budget, () => clock.now);
  const job = (name = NAME): Job => backend.truth.get(name) as Job;
  return { backend, clock, cache, job };
}

describe('the log cache', () => {
  it('reads the log of a job that has ended once', async () => {
    const { backend, cache, job } = setUp();
    backend.create(NAME);
    backend.move(NAME, 'finishedSuccessfully');
    for (let poll = 0; poll < 10; poll += 1) await cache.read(job(), WINDOW, signal);
    expect(backend.calls.logs).toBe(1);
  });

  it('reads the log of a running job at most once a second', async () => {
    const { backend, clock, cache, job } = setUp();
    backend.create(NAME);
    backend.move(NAME, 'started');
    for (const now of [0, 500, 999, 1_000, 1_500]) {
      clock.now = now;
      await cache.read(job(), WINDOW, signal);
    }
    expect(backend.calls.logs).toBe(2);
  });

  it('reads again for the first answer after the end, whatever was read before', async () => {
    const { backend, cache, job } = setUp();
    backend.create(NAME);
    backend.move(NAME, 'started');
    await cache.read(job(), WINDOW, signal);
    backend.move(NAME, 'finishedSuccessfully');
    expect((await cache.read(job(), WINDOW, signal)).text).toContain('finishedSuccessfully');
  });

  it('does not give a read that began before the end to one who knows of the end', async () => {
    const { backend, cache, job } = setUp();
    backend.create(NAME);
    backend.move(NAME, 'started');
    const early = cache.read(job(), WINDOW, signal);
    backend.move(NAME, 'finishedSuccessfully');
    const late = cache.read(job(), WINDOW, signal);
    await Promise.all([early, late]);
    expect(backend.calls.logs).toBe(2);
  });

  it('reads again what of an ended job could be read only in part', async () => {
    const { backend, cache, job } = setUp();
    backend.create(NAME);
    backend.move(NAME, 'finishedSuccessfully');
    const whole = backend.logs.bind(backend);
    backend.logs = async (name) => ({ ...(await whole(name)), isPartial: true });
    await cache.read(job(), WINDOW, signal);
    backend.logs = whole;
    for (let poll = 0; poll < 10; poll += 1) await cache.read(job(), WINDOW, signal);
    expect(backend.calls.logs).toBe(2);
  });

  it('asks a second later for the part that a running job did not give in time', async () => {
    const { backend, clock, cache, job } = setUp();
    backend.create(NAME);
    backend.move(NAME, 'started');
    const whole = backend.logs.bind(backend);
    backend.logs = async (name) => {
      clock.now += 4_000;
      return { ...(await whole(name)), isPartial: true };
    };
    await cache.read(job(), WINDOW, signal);
    clock.now += 1_000;
    await cache.read(job(), WINDOW, signal);
    expect(backend.calls.logs).toBe(2);
  });

  it('gives concurrent polls of one job one read', async () => {
    const { backend, cache, job } = setUp();
    backend.create(NAME);
    backend.move(NAME, 'started');
    await Promise.all(Array.from({ length: 20 }, () => cache.read(job(), WINDOW, signal)));
    expect(backend.calls.logs).toBe(1);
  });

  it('does not show the log of an earlier job of the same name', async () => {
    const { backend, cache, job } = setUp();
    backend.create(NAME);
    backend.move(NAME, 'finishedWithError');
    await cache.read(job(), WINDOW, signal);
    backend.destroy(NAME);
    backend.create(NAME);
    backend.move(NAME, 'finishedSuccessfully');
    expect((await cache.read(job(), WINDOW, signal)).text).toContain('finishedSuccessfully');
  });

  it('stays within its budget and drops what was used least recently', async () => {
    const { backend, cache, job } = setUp(400);
    const names = Array.from({ length: 8 }, (_, index) => `job-${index}` as JobName);
    for (const name of names) {
      backend.create(name);
      backend.move(name, 'finishedSuccessfully');
      await cache.read(job(name), WINDOW, signal);
      expect(cache.bytes).toBeLessThanOrEqual(400);
    }
    const reads = backend.calls.logs;
    await cache.read(job(names.at(-1)), WINDOW, signal);
    expect(backend.calls.logs).toBe(reads);
    await cache.read(job(names[0]), WINDOW, signal);
    expect(backend.calls.logs).toBe(reads + 1);
  });

  it('tells who waits behind slow reads for too long that the backend does not answer', async () => {
    const { backend, cache, job } = setUp();
    backend.logs = () => new Promise(() => undefined);
    const names = Array.from({ length: 5 }, (_, index) => `job-${index}` as JobName);
    for (const name of names) backend.create(name);
    const time = new AbortController();
    const reads = names.map((name) => cache.read(job(name), WINDOW, time.signal));
    time.abort(new DOMException('late', 'TimeoutError'));
    await expect(reads[4]).rejects.toMatchObject({ code: 'BackendUnavailable', retryable: true });
  });
});
