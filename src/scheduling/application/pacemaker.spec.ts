import { describe, expect, it } from 'vitest';
import { Pacemaker } from './pacemaker.js';
import { SYNC_TIMES } from './sync-times.js';

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
