import { addAbortSignal, finished, type Readable } from 'node:stream';

/**
 * Runs a task with a signal that fires with the caller's, or with a `TimeoutError` when the time is
 * up. Unlike `AbortSignal.timeout` it leaves no timer behind when the task is done sooner.
 */
export async function within<T>(
  milliseconds: number,
  signal: AbortSignal,
  task: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const limit = new TimeLimit(milliseconds, signal);
  try {
    return await task(limit.signal);
  } finally {
    limit.lift();
  }
}

/** As `within`, but the time is also that of the stream, which is destroyed when it is up. */
export async function streamWithin(
  milliseconds: number,
  signal: AbortSignal,
  open: (signal: AbortSignal) => Promise<Readable>,
): Promise<Readable> {
  const limit = new TimeLimit(milliseconds, signal);
  try {
    const stream = await open(limit.signal);
    finished(addAbortSignal(limit.signal, stream), () => limit.lift());
    return stream;
  } catch (error) {
    limit.lift();
    throw error;
  }
}

class TimeLimit {
  private readonly reached = new AbortController();
  private readonly timer: NodeJS.Timeout;

  constructor(
    milliseconds: number,
    private readonly parent: AbortSignal,
  ) {
    this.timer = setTimeout(() => {
      this.reached.abort(new DOMException(`no answer within ${milliseconds} ms`, 'TimeoutError'));
    }, milliseconds);
    if (parent.aborted) this.follow();
    else parent.addEventListener('abort', this.follow, { once: true });
  }

  get signal(): AbortSignal {
    return this.reached.signal;
  }

  lift(): void {
    clearTimeout(this.timer);
    this.parent.removeEventListener('abort', this.follow);
  }

  private readonly follow = (): void => this.reached.abort(this.parent.reason);
}
