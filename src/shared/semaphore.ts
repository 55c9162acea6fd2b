import { WaitEnded } from './wait-ended.js';

/** Lets at most so many tasks run at once; the others wait in their order. */
export class Semaphore {
  /** In the order of their arrival. */
  private readonly waiting = new Set<() => void>();
  private running = 0;

  constructor(private readonly limit: number) {}

  /** How many tasks wait. */
  get queued(): number {
    return this.waiting.size;
  }

  /**
   * Runs the task when its turn comes.
   * @throws WaitEnded as soon as `signal` ends before that.
   */
  async run<T>(task: () => Promise<T>, signal: AbortSignal): Promise<T> {
    if (signal.aborted) throw new WaitEnded('the turn', signal.reason);
    if (this.running < this.limit) this.running += 1;
    else await this.turn(signal);
    try {
      return await task();
    } finally {
      this.pass();
    }
  }

  private turn(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.waiting.delete(begin);
        reject(new WaitEnded('the turn', signal.reason));
      };
      const begin = (): void => {
        signal.removeEventListener('abort', leave);
        resolve();
      };
      signal.addEventListener('abort', leave, { once: true });
      this.waiting.add(begin);
    });
  }

  private pass(): void {
    const [next] = this.waiting;
    if (next === undefined) {
      this.running -= 1;
      return;
    }
    this.waiting.delete(next);
    next();
  }
}
