import { describe, expect, it } from 'vitest';
import { Semaphore } from './semaphore.js';
import { WaitEnded } from './wait-ended.js';

const NEVER = new AbortController().signal;

/** A task that ends when it is told to. */
function held() {
  let end = (): void => undefined;
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  return { task: () => ended, end: () => end() };
}

describe('a task that waits for its turn', () => {
  it('is told at once when its time is up, and leaves the queue', async () => {
    const semaphore = new Semaphore(1);
    const first = held();
    const running = semaphore.run(first.task, NEVER);
    const time = new AbortController();
    const second = semaphore.run(() => Promise.reject(new Error('must not run')), time.signal);
    expect(semaphore.queued).toBe(1);
    time.abort(new Error('out of time'));
    await expect(second).rejects.toBeInstanceOf(WaitEnded);
    expect(semaphore.queued).toBe(0);
    first.end();
    await running;
    await expect(semaphore.run(() => Promise.resolve('next'), NEVER)).resolves.toBe('next');
  });

  it('does not run when its time was up before', async () => {
    const semaphore = new Semaphore(1);
    const late = semaphore.run(() => Promise.resolve(), AbortSignal.abort());
    await expect(late).rejects.toBeInstanceOf(WaitEnded);
  });

  it('keeps its place when one before it leaves', async () => {
    const semaphore = new Semaphore(1);
    const first = held();
    const running = semaphore.run(first.task, NEVER);
    const time = new AbortController();
    const order: string[] = [];
    const note = (word: string) => () => Promise.resolve(void order.push(word));
    const gone = semaphore.run(note('gone'), time.signal).catch(() => undefined);
    const rest = ['a', 'b'].map((word) => semaphore.run(note(word), NEVER));
    time.abort();
    first.end();
    await Promise.all([running, gone, ...rest]);
    expect(order).toEqual(['a', 'b']);
  });
});
