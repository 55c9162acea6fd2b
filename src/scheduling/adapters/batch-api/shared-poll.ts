/** What a batch system listed at a moment of the monotonic clock of this process. */
interface Look {
  readonly asOf: number;
}

export const MIN_INTERVAL_MS = 2_000;
export const MAX_INTERVAL_MS = 30_000;
/** A batch system may spend at most one part in this many of its time on us. */
export const SHARE = 10;
const DEADLINE_MS = 10_000;
/** Beyond its interval a look counts as the newest for this long while another one is under way. */
const PATIENCE_MS = 3_000;

/** One look at a batch system for all jobs, made only when somebody wants to know. */
export class SharedPoll<T extends Look> {
  private latest: T | undefined;
  private flight: Promise<T> | undefined;
  private fault: { readonly error: unknown; readonly at: number } | undefined;
  private interval: number;

  /**
   * @param tooLate the error of who does not wait for a look any longer
   * @param minInterval between two looks, in milliseconds
   */
  constructor(
    private readonly ask: (asOf: number, signal: AbortSignal) => Promise<T>,
    private readonly tooLate: (cause: unknown) => Error,
    private readonly now: () => number,
    private readonly minInterval = MIN_INTERVAL_MS,
  ) {
    this.interval = minInterval;
  }

  /**
   * The newest look, never much older than an interval; a fault of the system is everybody's.
   * @throws what `ask` throws, and `tooLate` when `signal` ends the wait
   */
  async current(signal: AbortSignal): Promise<T> {
    const { latest, fault } = this;
    const age = latest === undefined ? Infinity : this.now() - latest.asOf;
    if (latest !== undefined && age < this.interval) return latest;
    const isFaulty = fault !== undefined && this.now() - fault.at < MIN_INTERVAL_MS;
    if (!isFaulty) this.flight ??= this.look();
    // What the records say must not wait for what the system says; a fault is told when it lasts.
    if (latest !== undefined && age < this.interval + PATIENCE_MS) return latest;
    if (fault !== undefined) throw fault.error;
    return Promise.race([this.flight ?? this.look(), this.untilAborted(signal)]);
  }

  private look(): Promise<T> {
    const flight = this.askOnce().finally(() => {
      this.flight = undefined;
    });
    // Not everybody waits for it.
    flight.catch(() => undefined);
    return flight;
  }

  private async askOnce(): Promise<T> {
    const asOf = this.now();
    try {
      this.latest = await this.ask(asOf, AbortSignal.timeout(DEADLINE_MS));
      this.fault = undefined;
      return this.latest;
    } catch (error) {
      this.fault = { error, at: this.now() };
      throw error;
    } finally {
      const took = this.now() - asOf;
      this.interval = Math.min(Math.max(this.minInterval, took * SHARE), MAX_INTERVAL_MS);
    }
  }

  private untilAborted(signal: AbortSignal): Promise<never> {
    return new Promise((_resolve, reject) => {
      const end = (): void => reject(this.tooLate(signal.reason));
      if (signal.aborted) end();
      else signal.addEventListener('abort', end, { once: true });
    });
  }
}
