import { WaitEnded } from './wait-ended.js';

/**
 * One task for all who want its result. Each waits for as long as it likes; when the last of them
 * has left the task is cancelled, with the reason for which that one left.
 */
export class SharedTask<T> {
  private readonly cancel = new AbortController();
  private readonly result: Promise<T>;
  private isDone = false;
  private waiting = 0;

  constructor(task: (signal: AbortSignal) => Promise<T>) {
    this.result = task(this.cancel.signal).finally(() => {
      this.isDone = true;
    });
    // Those who waited for it may all have left by the time it fails.
    this.result.catch(() => undefined);
  }

  /** Whether nobody has waited for it to its end. */
  get isCancelled(): boolean {
    return this.cancel.signal.aborted;
  }

  /** @throws WaitEnded as soon as `signal` ends; otherwise what the task throws. */
  async join(signal: AbortSignal): Promise<T> {
    this.waiting += 1;
    try {
      return await resultOrEnd(this.result, signal);
    } finally {
      this.waiting -= 1;
      if (this.waiting === 0 && !this.isDone) this.cancel.abort(signal.reason);
    }
  }
}

function resultOrEnd<T>(result: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const leave = (): void => reject(new WaitEnded('the answer', signal.reason));
    if (signal.aborted) leave();
    else signal.addEventListener('abort', leave, { once: true });
    result.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave));
  });
}
