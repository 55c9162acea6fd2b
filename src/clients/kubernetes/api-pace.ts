import { setTimeout as sleep } from 'node:timers/promises';

const DEFAULT_HOLD_MS = 1_000;
const MAX_HOLD_MS = 60_000;
/** Spreads those who waited, in parts of the wait, so that they do not come back all at once. */
const SPREAD = 0.1;

/** The pace at which an API server wants to be asked: after a 429 everybody waits. */
export class ApiPace {
  private heldUntil = 0;

  /** @param retryAfter seconds, as the header has them */
  hold(retryAfter: string | undefined): void {
    const seconds = Number(retryAfter);
    const wait = seconds > 0 ? Math.min(seconds * 1_000, MAX_HOLD_MS) : DEFAULT_HOLD_MS;
    this.heldUntil = Math.max(this.heldUntil, performance.now() + wait);
  }

  async turn(signal: AbortSignal): Promise<void> {
    const wait = this.heldUntil - performance.now();
    if (wait <= 0) return;
    await sleep(wait * (1 + Math.random() * SPREAD), undefined, { signal });
  }
}
