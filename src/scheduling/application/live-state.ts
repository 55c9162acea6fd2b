import type { JobName } from '../domain/job-name.js';
import type { CircuitBreaker } from './circuit-breaker.js';
import type { JobTable } from './job-table.js';
import type { LogCache } from './log-cache.js';
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
}

/** What operators and headers tell about the table behind the answers. */
export class LiveState {
  constructor(
    private readonly table: JobTable,
    private readonly sync: Synchroniser,
    private readonly logs: LogCache,
    private readonly breaker: CircuitBreaker,
    private readonly now: MonotonicClock,
  ) {}

  /** Milliseconds since the backend confirmed what the table says about the job; 0 when it has none. */
  ageOf(name: JobName): number {
    const confirmed = this.table.confirmedAt(name);
    return confirmed === undefined ? 0 : Math.max(0, this.now() - confirmed);
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
    };
  }
}
