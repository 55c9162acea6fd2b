import type { History } from './history.js';
import { JobHistory } from './job-history.js';
import {
  isDuplicate,
  isGhost,
  isLost,
  isOrphan,
  isPhantom,
  isRefused,
  isRunForgotten,
} from './presence.js';
import {
  isForgottenEnd,
  isLie,
  isRegression,
  isStale,
  judgedGets,
  stalenessOf,
} from './statuses.js';

export const ANOMALIES = [
  'lost',
  'duplicate',
  'phantom',
  'ghost',
  'regression',
  'lie',
  'stale',
  'orphan',
  'refused',
] as const;

export type Anomaly = (typeof ANOMALIES)[number];

export interface Verdict {
  /** The jids of each kind of anomaly. */
  readonly anomalies: Readonly<Record<Anomaly, readonly string[]>>;
  /** How far GETs were behind the engine, in milliseconds. */
  readonly staleness: { readonly judged: number; readonly p99: number; readonly max: number };
  /** Jobs that ran again because the engine, killed during their start, knew nothing of the first run. */
  readonly forgottenRuns: readonly string[];
  /** Jobs that the engine, killed right after their end, shows with another exit code. */
  readonly forgottenEnds: readonly string[];
  readonly isClean: boolean;
}

/**
 * Judges a history as Jepsen's set-full checker judges a set: what was acknowledged or seen is known,
 * what is known and later absent is lost, a request without a definite answer may go either way, and
 * nothing may appear that nobody has asked for.
 */
export function check(history: History): Verdict {
  const jobs = JobHistory.split(history);
  const staleness = jobs.flatMap((job) => judgedGets(job).map((get) => stalenessOf(job, get)));
  const jidsWhere = (isSo: (job: JobHistory) => boolean): string[] =>
    jobs.filter(isSo).map(({ jid }) => jid);
  const anomalies = {
    lost: jidsWhere((job) => isLost(job, history)),
    duplicate: jidsWhere((job) => isDuplicate(job, history)),
    phantom: jidsWhere((job) => isPhantom(job, history)),
    ghost: jidsWhere((job) => isGhost(job, history)),
    regression: jidsWhere((job) => isRegression(job, history)),
    lie: jidsWhere((job) => isLie(job, history)),
    stale: jidsWhere((job) => isStale(job, history)),
    orphan: jidsWhere(isOrphan),
    refused: jidsWhere(isRefused),
  };
  return {
    anomalies,
    staleness: {
      judged: staleness.length,
      p99: percentile(staleness, 0.99),
      max: Math.max(0, ...staleness),
    },
    forgottenRuns: jidsWhere((job) => isRunForgotten(job, history)),
    forgottenEnds: jidsWhere((job) => isForgottenEnd(job, history)),
    isClean: ANOMALIES.every((anomaly) => anomalies[anomaly].length === 0),
  };
}

function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.ceil(sorted.length * share) - 1] ?? 0;
}
