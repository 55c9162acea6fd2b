import { describe, expect, it } from 'vitest';
import { ModelBackend } from '../../../test/fakes/model-backend.js';
import type { Job } from '../domain/job.js';
import type { JobName } from '../domain/job-name.js';
import { Abandoned } from '../../shared/abandoned.js';
import type { SchedulerPort } from '../domain/scheduler.port.js';
import { LogCache } from './log-cache.js';

const NAME = 'job-1' as JobName;
const WINDOW = { lines: 10, bytes: 1_000 };
const signal = AbortSignal.timeout(60_000);

function setUp(budget = 10_000, running = 1) {
  const backend = new ModelBackend({
    delay: () => 1,
    dropsHint: () => true,
    repeatsHint: () => false,
  });
  const clock = { now: 0 };
  const cache = new LogCache(
    backend,
    budget,
    () => clock.now,
    () => running,
  );
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
    const { backend, cache, job } = setUp(1_200);
    const names = Array.from({ length: 8 }, (_, index) => `job-${index}` as JobName);
    for (const name of names) {
      backend.create(name);
      backend.move(name, 'finishedSuccessfully');
      await cache.read(job(name), WINDOW, signal);
      expect(cache.bytes).toBeLessThanOrEqual(1_200);
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
    const reason = expect.objectContaining({ code: 'BackendUnavailable', retryable: true });
    expect((await Promise.allSettled(reads))[4]).toEqual({ status: 'rejected', reason });
  });

  it('is cancelled with the last who waits, and for none before', async () => {
    const { backend, cache, job } = setUp();
    backend.create(NAME);
    const signals: AbortSignal[] = [];
    const logs: SchedulerPort['logs'] = (_name, _window, limit) => {
      signals.push(limit);
      return new Promise((_resolve, reject) => {
        limit.addEventListener('abort', () => reject(new Error('over')));
      });
    };
    Object.assign(backend, { logs });
    const clients = [new AbortController(), new AbortController()];
    const reads = clients.map((client) =>
      cache.read(job(), WINDOW, client.signal).catch((error: unknown) => error),
    );
    clients[0]?.abort(new Abandoned());
    await reads[0];
    expect(signals.map(({ aborted }) => aborted)).toEqual([false]);
    clients[1]?.abort(new Abandoned());
    await reads[1];
    expect(signals[0]?.reason).toBeInstanceOf(Abandoned);
    Object.assign(backend, { logs: () => Promise.resolve({ text: 'afresh' }) });
    expect((await cache.read(job(), WINDOW, signal)).text).toBe('afresh');
  });

  it('reads the logs of many running jobs as seldom as keeps one reader busy', async () => {
    const { backend, clock, cache, job } = setUp(10_000_000, 1_000);
    const whole = backend.logs.bind(backend);
    backend.logs = async (name) => {
      clock.now += 10;
      return whole(name);
    };
    backend.create(NAME);
    backend.move(NAME, 'started');
    let reads = 0;
    const until = 600_000;
    for (; clock.now < until; clock.now += 1_000) {
      await cache.read(job(), WINDOW, signal);
      reads = backend.calls.logs;
    }
    // Of 10 ms each: one reader does a thousand in ten seconds.
    expect(reads).toBeLessThan(1.5 * (until / 10_000));
    backend.move(NAME, 'finishedSuccessfully');
    expect((await cache.read(job(), WINDOW, signal)).text).toContain('finishedSuccessfully');
  });

  it('counts what an answer of control characters takes', async () => {
    const { backend, cache, job } = setUp(1_000_000);
    backend.create(NAME);
    backend.move(NAME, 'finishedSuccessfully');
    backend.logs = () => Promise.resolve({ text: '\0'.repeat(10_000) });
    await cache.read(job(), WINDOW, signal);
    expect(cache.bytes).toBeGreaterThan(60_000);
  });

  it('keeps empty logs within the budget too', async () => {
    const { backend, cache, job } = setUp(1_000);
    backend.logs = () => Promise.resolve({ text: '' });
    for (let index = 0; index < 20; index += 1) {
      const name = `job-${index}` as JobName;
      backend.create(name);
      backend.move(name, 'finishedSuccessfully');
      await cache.read(job(name), WINDOW, signal);
    }
    expect(cache.bytes).toBeGreaterThan(0);
    expect(cache.bytes).toBeLessThanOrEqual(1_000);
  });
});
