import type { MonotonicClock, SyncTimes } from './sync-times.js';

/** Says when to list next, and how long the last list is to be trusted. */
export class Pacemaker {
  private confirmedAt: number | undefined;
  private took = 0;
  private wake: (() => void) | undefined;

  /** @param isBusy whether any job may still change */
  constructor(
    private readonly times: SyncTimes,
    private readonly now: MonotonicClock,
    private readonly isBusy: () => boolean,
  ) {}

  /** A list that began at `asOf` has just arrived. */
  confirm(asOf: number): void {
    this.confirmedAt = asOf;
    this.took = this.now() - asOf;
  }

  isCurrent(): boolean {
    if (this.confirmedAt === undefined) return false;
    const trusted = this.pace() + this.took + this.times.trust;
    return this.now() - this.confirmedAt <= trusted;
  }

  /** Whether no list has arrived for longer than any pace explains. */
  isLate(): boolean {
    if (this.confirmedAt === undefined) return true;
    const { busyList, idleList, trust } = this.times;
    // The first live job makes the pace quicker all at once: the last list was in time by the old one.
    const longest = Math.max(busyList, idleList) + this.took * this.times.listShare;
    return this.now() - this.confirmedAt > longest + this.took + trust;
  }

  /** Waits until the next list is due, which may come sooner when a job appears, or until `hurry`. */
  async rest(): Promise<void> {
    const began = this.now();
    let isHurried = false;
    const hurried = new Promise<void>((resolve) => {
      this.wake = () => {
        isHurried = true;
        resolve();
      };
    });
    while (!isHurried && this.now() - began < this.pace()) {
      await Promise.race([hurried, this.tick()]);
    }
  }

  hurry(): void {
    this.wake?.();
  }

  private tick(): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, this.times.busyList).unref());
  }

  private pace(): number {
    const { busyList, idleList, listShare } = this.times;
    return Math.max(this.isBusy() ? busyList : idleList, this.took * listShare);
  }
}
