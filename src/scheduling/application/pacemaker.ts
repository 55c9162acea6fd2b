import type { MonotonicClock, SyncTimes } from './sync-times.js';

/** Says when to list next, and how long the last list is to be trusted. */
export class Pacemaker {
  private confirmedAt: number | undefined;
  private took = 0;
  /** The shorter of the last two: one list that was held up makes those after it no rarer. */
  private usuallyTakes = 0;
  private wake: (() => void) | undefined;
  private isHurried = false;
  private hintedSince: number | undefined;

  /** @param isBusy whether any job may still change */
  constructor(
    private readonly times: SyncTimes,
    private readonly now: MonotonicClock,
    private readonly isBusy: () => boolean,
  ) {}

  /** A list that began at `asOf` has just arrived. */
  confirm(asOf: number): void {
    const took = this.now() - asOf;
    this.confirmedAt = asOf;
    this.usuallyTakes = Math.min(this.took, took);
    this.took = took;
  }

  /** Milliseconds since the newest list began; infinite before the first. */
  listAge(): number {
    return this.confirmedAt === undefined ? Infinity : this.now() - this.confirmedAt;
  }

  /** From now on hints tell of changes, until `hintsEnd`. */
  hintsBegin(): void {
    this.hintedSince = this.now();
  }

  hintsEnd(): void {
    this.hintedSince = undefined;
  }

  /** Whether no list has arrived for longer than any pace explains. */
  isLate(): boolean {
    const { busyList, idleList, listShare } = this.times;
    // The first live job makes the pace quicker all at once: the last list was in time by the old one.
    return !this.isWithin(Math.max(busyList, idleList, this.took * listShare) + 2 * this.took);
  }

  /**
   * Whether what is not in doubt may be told: between slow lists only while there are hints.
   * @param hasHints whether hints tell of all that may happen to it
   */
  isCurrent(hasHints = true): boolean {
    const { hintedSince = Infinity, confirmedAt = 0 } = this;
    const isHinted = hasHints && confirmedAt >= hintedSince;
    // The next list is begun after a pause, and takes as long as this one did.
    return this.isWithin(isHinted ? this.pace() + 2 * this.took : this.times.busyList);
  }

  private isWithin(period: number): boolean {
    if (this.confirmedAt === undefined) return false;
    return this.now() - this.confirmedAt <= period + this.times.trust;
  }

  /**
   * Waits until the next list is due, which may come sooner when a job appears, or until `hurry`, also
   * one that came since the last rest.
   */
  async rest(): Promise<void> {
    const began = this.now();
    const hurried = new Promise<void>((resolve) => {
      this.wake = resolve;
    });
    const left = (): number => began + this.pace() - this.now();
    while (!this.isHurried && left() > 0) await Promise.race([hurried, this.tick(left())]);
    this.isHurried = false;
  }

  hurry(): void {
    this.isHurried = true;
    this.wake?.();
  }

  /** Looks again soon whether a job has appeared, and never later than the list is due. */
  private tick(left: number): Promise<void> {
    const milliseconds = Math.max(0, Math.min(left, this.times.busyList));
    return new Promise((resolve) => setTimeout(resolve, milliseconds).unref());
  }

  private pace(): number {
    const { busyList, idleList, listShare } = this.times;
    return Math.max(this.isBusy() ? busyList : idleList, this.usuallyTakes * listShare);
  }
}
