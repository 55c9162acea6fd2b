import type { MonotonicClock, SyncTimes } from './sync-times.js';

/** Says when to list next, and how long the last list is to be trusted. */
export class Pacemaker {
  private confirmedAt: number | undefined;
  private took = 0;
  private wake: (() => void) | undefined;

  constructor(
    private readonly times: SyncTimes,
    private readonly now: MonotonicClock,
  ) {}

  /** A list that began at `asOf` has just arrived. */
  confirm(asOf: number): void {
    this.confirmedAt = asOf;
    this.took = this.now() - asOf;
  }

  /** @param busy whether any job may still change */
  isCurrent(busy: boolean): boolean {
    if (this.confirmedAt === undefined) return false;
    const trusted = this.pace(busy) + this.took + this.times.trust;
    return this.now() - this.confirmedAt <= trusted;
  }

  /** Waits until the next list is due, or until `hurry`. */
  rest(busy: boolean): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, this.pace(busy));
      timer.unref();
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  hurry(): void {
    this.wake?.();
  }

  private pace(busy: boolean): number {
    const { busyList, idleList, listShare } = this.times;
    return Math.max(busy ? busyList : idleList, this.took * listShare);
  }
}
