import { describe, expect, it } from 'vitest';
import { Abandoned } from '../../shared/abandoned.js';
import { DomainError } from '../../shared/domain-error.js';
import { backendUnavailable, jobNotFound } from '../domain/scheduling-errors.js';
import type { JobName } from '../domain/job-name.js';
import { CircuitBreaker } from './circuit-breaker.js';

function setUp() {
  const clock = { now: 0 };
  const calls = { made: 0 };
  const breaker = new CircuitBreaker(() => clock.now);
  const ask = (outcome: 'answer' | 'silence' | 'refusal'): Promise<string> =>
    breaker
      .call(async () => {
        calls.made += 1;
        if (outcome === 'silence') throw backendUnavailable('no answer');
        if (outcome === 'refusal') throw jobNotFound('x' as JobName);
        return 'answer';
      })
      .catch((error: Error) => error.name);
  return { clock, calls, breaker, ask };
}

describe('the circuit breaker', () => {
  it('stops calling after five calls without an answer', async () => {
    const { calls, ask } = setUp();
    for (let call = 0; call < 50; call += 1)
      expect(await ask('silence')).toBe('BackendUnavailable');
    expect(calls.made).toBe(5);
  });

  it('lets one call a second through and closes as soon as one is answered', async () => {
    const { clock, calls, breaker, ask } = setUp();
    for (let call = 0; call < 5; call += 1) await ask('silence');
    for (const now of [500, 1_000, 1_001, 1_999]) {
      clock.now = now;
      await ask('silence');
    }
    expect(calls.made).toBe(6);
    clock.now = 2_100;
    expect(await ask('answer')).toBe('answer');
    expect(breaker.isOpen).toBe(false);
    expect(await ask('answer')).toBe('answer');
  });

  it('repeats what the backend was last found to be, while it does not ask', async () => {
    const { breaker } = setUp();
    const words = 'the engine cannot be reached';
    const ask = () => breaker.call(() => Promise.reject(backendUnavailable(words)));
    for (let call = 0; call < 20; call += 1) await expect(ask()).rejects.toThrow(words);
  });

  it('takes a refusal for an answer', async () => {
    const { calls, ask } = setUp();
    for (let call = 0; call < 20; call += 1) {
      await ask(call % 5 === 4 ? 'refusal' : 'silence');
    }
    expect(calls.made).toBe(20);
  });

  it('forgets failures that lie more than ten seconds apart', async () => {
    const { clock, calls, ask } = setUp();
    for (let call = 0; call < 20; call += 1) {
      clock.now = call * 4_000;
      await ask('silence');
    }
    expect(calls.made).toBe(20);
  });

  it('says of an absence that is not passing what the calls said', async () => {
    const { breaker } = setUp();
    const absent = new DomainError('BackendUnavailable', 'never seen', { retryable: false });
    const call = () => breaker.call(() => Promise.reject(absent)).catch((error: unknown) => error);
    for (let made = 0; made < 5; made += 1) await call();
    expect(await call()).toMatchObject({ code: 'BackendUnavailable', retryable: false });
    expect(await call()).not.toBe(absent);
  });

  it('takes no call for a failure that nobody waited for to its end', async () => {
    const { breaker } = setUp();
    const gone = AbortSignal.abort(new Abandoned());
    const late = AbortSignal.abort(new DOMException('late', 'TimeoutError'));
    const call = (signal: AbortSignal) =>
      breaker.call(() => Promise.reject(backendUnavailable('cut')), signal).catch(() => undefined);
    for (let made = 0; made < 10; made += 1) await call(gone);
    expect(breaker.isOpen).toBe(false);
    for (let made = 0; made < 5; made += 1) await call(late);
    expect(breaker.isOpen).toBe(true);
  });
});
