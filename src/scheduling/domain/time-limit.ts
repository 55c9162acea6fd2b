import { seconds, type Seconds } from '../../shared/units.js';
import type { FailureReason } from './failure-reason.js';

const MILLISECONDS = 1_000;

/** ISO 8601: when something that began at `startedAt` has run for `limit`; nothing for no time. */
export function deadlineOf(startedAt: string, limit: Seconds): string | undefined {
  const started = Date.parse(startedAt);
  return Number.isNaN(started) ? undefined : new Date(started + limit * MILLISECONDS).toISOString();
}

/** Whether what ran between two moments of one clock had used up its time. */
export function reachedLimit(startedAt: string, endedAt: string, limit: Seconds): boolean {
  return Date.parse(endedAt) - Date.parse(startedAt) >= limit * MILLISECONDS;
}

/** Why a job was ended that had used up its time. */
export function timeLimitFailure(limit: Seconds): {
  readonly reason: FailureReason;
  readonly message: string;
} {
  return { reason: 'TimeLimit', message: `ended because it ran for its time limit of ${limit} s` };
}

/** The limit in a label; nothing where there is none, or somebody has put nonsense there. */
export function parseTimeLimit(text: string | undefined): Seconds | undefined {
  const limit = Number(text);
  return Number.isSafeInteger(limit) && limit >= 1 ? seconds(limit) : undefined;
}
