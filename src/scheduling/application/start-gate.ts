import { DomainError } from '../../shared/domain-error.js';
import { Semaphore } from '../../shared/semaphore.js';
import { WaitEnded } from '../../shared/wait-ended.js';

/** Starts beyond this many in the queue are turned away: they would not be reached in time. */
const MAX_QUEUED = 256;

/**
 * Lets a few jobs start at once: beyond a handful a container engine only gets slower, for starts
 * and for everything else.
 */
export class StartGate {
  private readonly semaphore: Semaphore;

  /** @param parallel how many starts run at once */
  constructor(parallel: number) {
    this.semaphore = new Semaphore(parallel);
  }

  /**
   * @throws DomainError `BackendBusy` when the queue is full, or the turn does not come before
   *   `signal`; nothing was started.
   */
  async pass<T>(start: () => Promise<T>, signal: AbortSignal): Promise<T> {
    if (this.semaphore.queued >= MAX_QUEUED) {
      const message = `${MAX_QUEUED} jobs are waiting to be started already; try again later`;
      throw new DomainError('BackendBusy', message);
    }
    try {
      return await this.semaphore.run(start, signal);
    } catch (error) {
      if (!(error instanceof WaitEnded)) throw error;
      const message = 'too many jobs are being started; try again later';
      throw new DomainError('BackendBusy', message, { retryable: true, cause: error });
    }
  }
}
