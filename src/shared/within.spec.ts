import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { within } from './within.js';

const aborted = (signal: AbortSignal) =>
  new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error));
  });

describe('a task with a deadline', () => {
  it('gives what it has in time', async () => {
    const { signal } = new AbortController();
    await expect(within(1_000, signal, () => Promise.resolve(7))).resolves.toBe(7);
  });

  it('is told when its time is up', async () => {
    const { signal } = new AbortController();
    await expect(within(5, signal, aborted)).rejects.toMatchObject({ name: 'TimeoutError' });
  });

  it('is told when its caller gives up, and why', async () => {
    const caller = new AbortController();
    const task = within(1_000, caller.signal, aborted);
    caller.abort(new Error('enough'));
    await expect(task).rejects.toThrow('enough');
  });

  it('is told at once when its caller has given up before', async () => {
    const caller = AbortSignal.abort(new Error('enough'));
    const task = within(1_000, caller, (signal) => {
      signal.throwIfAborted();
      return Promise.resolve();
    });
    await expect(task).rejects.toThrow('enough');
  });

  it('is told nothing after its end', async () => {
    const caller = new AbortController();
    let seen: AbortSignal | undefined;
    await within(5, caller.signal, (signal) => {
      seen = signal;
      return Promise.resolve();
    });
    caller.abort();
    await sleep(10);
    expect(seen?.aborted).toBe(false);
  });
});
