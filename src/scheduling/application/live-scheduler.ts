import type { CheckResult } from '../../shared/check-result.js';
import { hasCode } from '../../shared/domain-error.js';
import { within } from '../../shared/within.js';
import type { SchedulerCapabilities } from '../domain/capabilities.js';
import type { Job } from '../domain/job.js';
import type { JobName } from '../domain/job-name.js';
import type { JobSpec } from '../domain/job-spec.js';
import { isFinal } from '../domain/job-status.js';
import type {
  Deferrals,
  JobHint,
  JobLog,
  ListedJob,
  LogWindow,
  Readiness,
  SchedulerPort,
} from '../domain/scheduler.port.js';
import { jobNotFound } from '../domain/scheduling-errors.js';
import type { JobTable } from './job-table.js';
import type { JobKnowledge } from './submission.js';
import { LOG_READ_MS, type LogCache } from './log-cache.js';
import type { Synchroniser } from './synchroniser.js';

/** How long a look-up in the place of a table that is out of date may take, in milliseconds. */
const LOOK_UP_MS = 2_000;

/**
 * Puts the job table and the log cache in front of a backend: a poll of a job that is known and
 * confirmed costs no call. Where the table cannot vouch for an answer the backend is asked, and
 * where the backend does not answer the caller is told so: never an old answer as a new one.
 */
export class LiveScheduler implements SchedulerPort, JobKnowledge {
  constructor(
    private readonly backend: SchedulerPort,
    private readonly table: JobTable,
    private readonly logCache: LogCache,
    private readonly sync: Synchroniser,
  ) {
    table.observe(({ name, job }) => {
      if (job === undefined) logCache.forget(name);
    });
  }

  get capabilities(): SchedulerCapabilities {
    return this.backend.capabilities;
  }

  get deferrals(): Deferrals | undefined {
    return this.backend.deferrals;
  }

  plan(spec: JobSpec): readonly unknown[] {
    return this.backend.plan(spec);
  }

  prepare(spec: JobSpec, signal: AbortSignal): Promise<Readiness> {
    return this.backend.prepare(spec, signal);
  }

  async submit(spec: JobSpec, signal: AbortSignal): Promise<Job> {
    // Look-ups that begin during the submission know more than its answer.
    const asOf = this.sync.now();
    try {
      const job = await this.backend.submit(spec, signal);
      this.table.learn(spec.name, job, asOf);
      return job;
    } finally {
      // A list may have seen what was refused and is gone again.
      this.sync.doubt(spec.name);
    }
  }

  async find(name: JobName, signal: AbortSignal): Promise<Job> {
    const known = this.table.get(name);
    if (known !== undefined && this.sync.vouchesFor(name)) return known;
    try {
      const lookUp = within(LOOK_UP_MS, signal, (limit) => this.sync.lookUp(name, limit));
      return await presentOnly(name, lookUp);
    } catch (error) {
      // A final state does not change: only that the job is gone makes it untrue.
      const isGone = hasCode(error, 'JobNotFound');
      if (!isGone && known !== undefined && isFinal(known.state.status)) return known;
      throw error;
    }
  }

  vouchesForAbsence(name: JobName): boolean {
    return this.sync.vouchesForAbsence(name);
  }

  /**
   * As `find`, but only what the backend says now: never a job that somebody may have removed. It
   * may take as long as `signal` lets it: many may submit jobs at once.
   */
  findNow(name: JobName, signal: AbortSignal): Promise<Job> {
    this.sync.doubt(name);
    return presentOnly(name, this.sync.lookUpAnew(name, signal));
  }

  list(signal: AbortSignal): Promise<readonly ListedJob[]> {
    return this.backend.list(signal);
  }

  watch(signal: AbortSignal): AsyncIterable<JobHint> {
    return this.backend.watch(signal);
  }

  async logs(name: JobName, window: LogWindow, signal: AbortSignal): Promise<JobLog> {
    const job = this.table.get(name);
    if (job === undefined) {
      return within(LOG_READ_MS, signal, (limit) => this.backend.logs(name, window, limit));
    }
    return this.logCache.read(job, window, signal);
  }

  async stop(name: JobName, signal: AbortSignal): Promise<void> {
    // Also when it failed: it may have acted, or know of a removal by somebody else.
    await this.backend.stop(name, signal).finally(() => this.sync.doubt(name));
  }

  async remove(name: JobName, signal: AbortSignal): Promise<void> {
    try {
      await this.backend.remove(name, signal);
    } catch (error) {
      this.sync.doubt(name);
      throw error;
    }
    // Whatever a look-up said that began before now is older than the removal.
    this.sync.learnRemoval(name);
  }

  async check(signal: AbortSignal): Promise<readonly CheckResult[]> {
    return [...(await this.backend.check(signal)), this.sync.check()];
  }
}

async function presentOnly(name: JobName, lookUp: Promise<Job | undefined>): Promise<Job> {
  const job = await lookUp;
  if (job === undefined) throw jobNotFound(name);
  return job;
}
