import { Abandoned } from '../../shared/abandoned.js';
import { DomainError, hasCode } from '../../shared/domain-error.js';
import { Tally } from '../../shared/tally.js';
import type { MonotonicClock } from './sync-times.js';

const FAILURES_TO_OPEN = 5;
const WINDOW_MS = 10_000;
const PROBE_EVERY_MS = 1_000;

/**
 * Stops asking a backend that does not answer: after five calls in a row without an answer within ten
 * seconds, calls fail at once, but for one a second that finds out whether it is back.
 */
export class CircuitBreaker {
  private failures: number[] = [];
  private readonly tally = new Tally();
  private probedAt = 0;
  /** What the adapter last made of the silence: its words, and whether it may pass soon. */
  private newest = new DomainError('BackendUnavailable', 'the backend does not answer at present');

  constructor(private readonly now: MonotonicClock) {}

  /** How often calls have failed, by the code of the error; refusals of a job are no failures. */
  get errors(): ReadonlyMap<string, number> {
    return this.tally.all;
  }

  get isOpen(): boolean {
    return this.failures.length >= FAILURES_TO_OPEN;
  }

  /**
   * @param signal of the caller: a call that nobody waited for to its end says nothing
   * @throws DomainError `BackendUnavailable` at once while open; otherwise what the call throws.
   */
  async call<T>(request: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    if (this.isOpen && !this.mayProbe()) {
      // Anew: the stack of an error is that of its request.
      const { message, retryable } = this.newest;
      throw new DomainError('BackendUnavailable', message, { retryable });
    }
    try {
      const answer = await request();
      this.failures = [];
      return answer;
    } catch (error) {
      if (signal?.reason instanceof Abandoned) throw error;
      if (isTrouble(error)) this.tally.add(error.code);
      // Any answer, even a refusal, shows that the backend is there.
      if (hasCode(error, 'BackendUnavailable')) this.recordFailure(error);
      else this.failures = [];
      throw error;
    }
  }

  private mayProbe(): boolean {
    if (this.now() - this.probedAt < PROBE_EVERY_MS) return false;
    this.probedAt = this.now();
    return true;
  }

  private recordFailure(failure: DomainError): void {
    const now = this.now();
    this.newest = failure;
    if (!this.isOpen) this.failures = this.failures.filter((moment) => now - moment < WINDOW_MS);
    this.failures.push(now);
    if (this.failures.length > FAILURES_TO_OPEN) this.failures.shift();
    if (this.isOpen) this.probedAt = now;
  }
}

function isTrouble(error: unknown): error is DomainError {
  const troubles = ['BackendUnavailable', 'BackendBusy', 'BackendError'] as const;
  return troubles.some((code) => hasCode(error, code));
}
