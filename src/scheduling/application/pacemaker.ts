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
    // The next list is begun after a pause, and takes as long as this one did.
    const trusted = this.pace() + 2 * this.took + this.times.trust;
    return this.now() - this.confirmedAt <= trusted;
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
    const left = (): number => began + this.pace() - this.now();
    while (!isHurried && left() > 0) await Promise.race([hurried, this.tick(left())]);
  }

  hurry(): void {
    this.wake?.();
  }

  /** Looks again soon whether a job has appeared, and never later than the list is due. */
  private tick(left: number): Promise<void> {
    const milliseconds = Math.min(left, this.times.busyList);
    return new Promise((resolve) => setTimeout(resolve, milliseconds).unref());
  }

  private pace(): number {
    const { busyList, idleList, listShare } = this.times;
    return Math.max(this.isBusy() ? busyList : idleList, this.took * listShare);
  }
}
