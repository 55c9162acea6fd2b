const SHARED_MS = 1_000;

/**
 * Deadlines for tasks that begin many times a second: those of one second share a signal, which comes
 * up to a second early for the last of them. A timer for each would cost more than most of the tasks.
 */
export class SharedDeadline {
  private signal = AbortSignal.abort();
  private renewAt = 0;

  /** @param milliseconds well above a second */
  constructor(private readonly milliseconds: number) {}

  /** Aborts with a `TimeoutError`, as that of `AbortSignal.timeout` does. */
  next(): AbortSignal {
    const now = performance.now();
    if (now >= this.renewAt) {
      this.signal = AbortSignal.timeout(this.milliseconds);
      this.renewAt = now + SHARED_MS;
    }
    return this.signal;
  }
}
