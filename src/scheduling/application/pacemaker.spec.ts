import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Pacemaker } from './pacemaker.js';
import { SYNC_TIMES } from './sync-times.js';

const now = (): number => Date.now();

/** Lists that take so long, one after another, and how often the table could not vouch for itself. */
async function gapsWith(took: number, isBusy: boolean): Promise<number> {
  const pacemaker = new Pacemaker(SYNC_TIMES, now, () => isBusy);
  pacemaker.hintsBegin();
  let gaps = -1;
  for (let list = 0; list < 5; list += 1) {
    const asOf = now();
    await vi.advanceTimersByTimeAsync(took);
    if (!pacemaker.isCurrent()) gaps += 1;
    pacemaker.confirm(asOf);
    const rest = pacemaker.rest();
    let isOver = false;
    void rest.then(() => (isOver = true));
    while (!isOver) await vi.advanceTimersByTimeAsync(1);
  }
  return gaps;
}

describe('the pace of lists', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it.each([
    ['while jobs are live', true],
    ['while none is', false],
  ])(
    'leaves no moment between two lists in which the table is of no use, %s',
    async (_words, busy) => {
      expect(await gapsWith(20, busy)).toBe(0);
      expect(await gapsWith(3_000, busy)).toBe(0);
    },
  );

  it('is not slower after one list that was held up, and is when lists take long', async () => {
    const pacemaker = new Pacemaker(SYNC_TIMES, now, () => true);
    const restAfter = async (took: number): Promise<number> => {
      pacemaker.confirm(now() - took);
      const began = now();
      let isOver = false;
      void pacemaker.rest().then(() => (isOver = true));
      while (!isOver) await vi.advanceTimersByTimeAsync(10);
      return now() - began;
    };
    await restAfter(20);
    expect(await restAfter(3_000)).toBeLessThan(1_000);
    expect(await restAfter(3_000)).toBeGreaterThan(29_000);
  });

  it('takes the table for old when a list does not come', async () => {
    const pacemaker = new Pacemaker(SYNC_TIMES, now, () => true);
    pacemaker.confirm(now());
    await vi.advanceTimersByTimeAsync(SYNC_TIMES.busyList + SYNC_TIMES.trust + 1);
    expect(pacemaker.isCurrent()).toBe(false);
  });
});

function setUp() {
  const world = { now: 0, isBusy: false };
  const pacemaker = new Pacemaker(
    SYNC_TIMES,
    () => world.now,
    () => world.isBusy,
  );
  return { world, pacemaker };
}

describe('the pace of the lists', () => {
  it('is late before the first list', () => {
    expect(setUp().pacemaker.isLate()).toBe(true);
  });

  it('is not late because the first live job makes it quicker', () => {
    const { world, pacemaker } = setUp();
    pacemaker.hintsBegin();
    pacemaker.confirm(0);
    world.now = 9_000;
    expect([pacemaker.isCurrent(), pacemaker.isLate()]).toEqual([true, false]);
    world.isBusy = true;
    expect([pacemaker.isCurrent(), pacemaker.isLate()]).toEqual([false, false]);
    world.now = 10_301;
    expect(pacemaker.isLate()).toBe(true);
  });
});
