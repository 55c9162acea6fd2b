import { describe, expect, it } from 'vitest';
import { StartGate } from './start-gate.js';

const signal = AbortSignal.timeout(60_000);

/** Starts that end when they are told to. */
function setUp(parallel: number) {
  const gate = new StartGate(parallel);
  const ends: (() => void)[] = [];
  const running = { now: 0, most: 0 };
  const start = (given = signal): Promise<void> =>
    gate.pass(async () => {
      running.now += 1;
      running.most = Math.max(running.most, running.now);
      await new Promise<void>((resolve) => ends.push(resolve));
      running.now -= 1;
    }, given);
  const endAll = async (): Promise<void> => {
    while (running.now > 0) {
      ends.shift()?.();
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  return { start, endAll, running };
}

describe('the start gate', () => {
  it('lets no more starts run at once than it was told, and all of them in the end', async () => {
    const { start, endAll, running } = setUp(4);
    const starts = Array.from({ length: 50 }, () => start());
    await endAll();
    await Promise.all(starts);
    expect(running.most).toBe(4);
  });

  it('turns away what would wait behind 256 others', async () => {
    const { start, endAll } = setUp(4);
    const starts = Array.from({ length: 260 }, () => start());
    await expect(start()).rejects.toMatchObject({ code: 'BackendBusy' });
    await endAll();
    await Promise.all(starts);
  });

  it('tells at once who has run out of time while it waited, and does not start it', async () => {
    const { start, endAll, running } = setUp(1);
    const first = start();
    const ended = new AbortController();
    const second = start(ended.signal);
    ended.abort(new DOMException('out of time', 'TimeoutError'));
    await expect(second).rejects.toMatchObject({ code: 'BackendBusy', retryable: true });
    await endAll();
    await first;
    expect(running.most).toBe(1);
  });
});
