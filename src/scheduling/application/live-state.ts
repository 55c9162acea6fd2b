import type { JobName } from '../domain/job-name.js';
import type { CircuitBreaker } from './circuit-breaker.js';
import type { JobTable, Moment } from './job-table.js';
import type { LogCache } from './log-cache.js';
import type { Submissions } from './submission.js';
import type { MonotonicClock } from './sync-times.js';
import type { Synchroniser } from './synchroniser.js';

/** One moment of the live state, in jobs, milliseconds and bytes. */
export interface LiveFigures {
  readonly jobs: number;
  readonly liveJobs: number;
  readonly doubtfulJobs: number;
  /** Since the newest list of all jobs began; infinite before the first. */
  readonly listAge: number;
  readonly streamsOpened: number;
  readonly cachedLogBytes: number;
  readonly isBreakerOpen: boolean;
  /** How often calls to the backend have failed, by the code of the error. */
  readonly backendErrors: ReadonlyMap<string, number>;
  /** How often submissions have ended, by `accepted` or the code of the error. */
  readonly submissions: ReadonlyMap<string, number>;
}

/** What operators and headers tell about the table behind the answers. */
export class LiveState {
  constructor(
    private readonly table: JobTable,
    private readonly sync: Synchroniser,
    private readonly logs: LogCache,
    private readonly breaker: CircuitBreaker,
    private readonly submissions: Submissions,
    private readonly now: MonotonicClock,
  ) {}

  /** When the backend confirmed what the table says about the job; now when it says nothing. */
  confirmedAt(name: JobName): Moment {
    return this.table.confirmedAt(name) ?? this.now();
  }

  /** Milliseconds since a moment. */
  since(moment: Moment): number {
    return Math.max(0, this.now() - moment);
  }

  figures(): LiveFigures {
    return {
      jobs: this.table.jobs,
      liveJobs: this.table.live,
      doubtfulJobs: this.sync.doubtful,
      listAge: this.sync.listAge(),
      streamsOpened: this.sync.streamsOpened,
      cachedLogBytes: this.logs.bytes,
      isBreakerOpen: this.breaker.isOpen,
      backendErrors: this.breaker.errors,
      submissions: this.submissions.outcomes,
    };
  }
}
