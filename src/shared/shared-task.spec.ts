import { describe, expect, it } from 'vitest';
import { SharedTask } from './shared-task.js';
import { WaitEnded } from './wait-ended.js';

const NEVER = new AbortController().signal;

/** A task that ends with its signal, or when it is told to. */
function setUp() {
  const state: { signal?: AbortSignal; end: (word: string) => void } = { end: () => undefined };
  const task = new SharedTask<string>(
    (signal) =>
      new Promise((resolve, reject) => {
        state.signal = signal;
        state.end = resolve;
        signal.addEventListener('abort', () => reject(signal.reason));
      }),
  );
  return { task, state };
}

describe('a shared task', () => {
  it('gives its one result to all who wait', async () => {
    const { task, state } = setUp();
    const all = Promise.all([task.join(NEVER), task.join(NEVER)]);
    state.end('word');
    expect(await all).toEqual(['word', 'word']);
    expect(task.isCancelled).toBe(false);
  });

  it('goes on for the others when one leaves, and is cancelled with the last', async () => {
    const { task, state } = setUp();
    const [one, other] = [new AbortController(), new AbortController()];
    const waits = [task.join(one.signal), task.join(other.signal)];
    one.abort();
    await expect(waits[0]).rejects.toBeInstanceOf(WaitEnded);
    expect(state.signal?.aborted).toBe(false);
    const reason = new Error('gone');
    other.abort(reason);
    await expect(waits[1]).rejects.toBeInstanceOf(WaitEnded);
    expect(state.signal?.reason).toBe(reason);
    expect(task.isCancelled).toBe(true);
  });

  it('gives its error to all who wait', async () => {
    const task = new SharedTask(() => Promise.reject(new Error('no')));
    await expect(task.join(NEVER)).rejects.toThrow('no');
    expect(task.isCancelled).toBe(false);
  });
});
