import { DomainError, type ErrorCode } from '../../shared/domain-error.js';
import type { MonotonicClock } from './sync-times.js';

/** A backend that answers with an error this often in a row means it; one that is silent is waited for. */
const MAX_ANSWERS = 5;
/** Without room or out of order: no fault of the job. */
const OUTAGES: ReadonlySet<ErrorCode> = new Set([
  'BackendUnavailable',
  'BackendBusy',
  'StorageUnavailable',
]);

export interface PatienceLimits {
  /** How long an image is asked for again that its registry does not give now, in milliseconds. */
  readonly image: number;
  /**
   * True where nobody waits: what only an operator can mend, and what nobody has foreseen, may pass
   * too.
   */
  readonly isUnattended: boolean;
}

/**
 * Says of each error of one job in turn whether to try again. Whoever has another deadline ends the
 * attempts by it.
 */
export class Patience {
  private answers = 0;
  private imageMissedAt: number | undefined;

  constructor(
    private readonly limits: PatienceLimits,
    private readonly now: MonotonicClock = () => performance.now(),
  ) {}

  allows(error: unknown): boolean {
    const { isUnattended } = this.limits;
    if (!(error instanceof DomainError)) return isUnattended && this.countsAnswer();
    if (!error.retryable && !(isUnattended && OUTAGES.has(error.code))) return false;
    if (error.code === 'BackendError') return this.countsAnswer();
    this.answers = 0;
    return error.code !== 'ImageUnavailable' || this.mayImageCome();
  }

  private countsAnswer(): boolean {
    this.answers += 1;
    return this.answers < MAX_ANSWERS;
  }

  private mayImageCome(): boolean {
    this.imageMissedAt ??= this.now();
    return this.now() - this.imageMissedAt < this.limits.image;
  }
}

/** How long to wait before the next attempt at least, in milliseconds: what the error asks for. */
export function askedPause(error: unknown): number {
  const seconds = error instanceof DomainError ? error.retryAfter : undefined;
  return (seconds ?? 0) * 1_000;
}
