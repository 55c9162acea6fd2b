import type { Job } from '../domain/job.js';
import type { JobName } from '../domain/job-name.js';
import { isFinal } from '../domain/job-status.js';
import type { JobLog, LogWindow, SchedulerPort } from '../domain/scheduler.port.js';
import { backendUnavailable } from '../domain/scheduling-errors.js';
import { Semaphore } from '../../shared/semaphore.js';
import { SharedTask } from '../../shared/shared-task.js';
import { WaitEnded } from '../../shared/wait-ended.js';
import { within } from '../../shared/within.js';
import type { MonotonicClock } from './sync-times.js';

const MAX_PARALLEL_READS = 4;
/** How long a read may take with its wait in the queue, in milliseconds. */
export const LOG_READ_MS = 20_000;
/** A growing log is read again after this long at the earliest, in milliseconds. */
const MIN_PAUSE_MS = 1_000;
/** However many jobs run, the log of each is read again after this long when it is asked for. */
const LONGEST_SHARED_PAUSE_MS = 60_000;
/** Reading a growing log may take at most one part in this many of the time. */
const READ_SHARE = 20;
/** How much a read changes what reads are taken to cost. */
const NEWEST_WEIGHT = 0.1;
/** What an entry takes without its text. */
const ENTRY_BYTES = 256;

interface CachedLog {
  readonly incarnation: string;
  /** True when all was read after the job had ended: nothing can be added to it. */
  readonly isComplete: boolean;
  readonly log: JobLog;
  readonly validUntil: number;
  readonly bytes: number;
}

interface Read {
  readonly incarnation: string;
  readonly isComplete: boolean;
  readonly task: SharedTask<JobLog>;
}

/**
 * Keeps logs within a budget: the log of a job that has ended is read once, that of a running one at
 * a pace that follows the cost of reading it and the number of jobs that run: all together keep one
 * reader busy at most. Written for one window per service.
 */
export class LogCache {
  private readonly logs = new Map<JobName, CachedLog>();
  private readonly reads = new Map<JobName, Read>();
  private readonly gate = new Semaphore(MAX_PARALLEL_READS);
  private used = 0;
  private usualCost = 0;

  /** @param running how many logs may grow */
  constructor(
    private readonly backend: SchedulerPort,
    private readonly budgetBytes: number,
    private readonly now: MonotonicClock,
    private readonly running: () => number,
  ) {}

  get bytes(): number {
    return this.used;
  }

  /**
   * The end of the log of a job in a state that was seen before the call. `signal` ends only the wait,
   * and the read when nobody else waits for it.
   */
  async read(job: Job, window: LogWindow, signal: AbortSignal): Promise<JobLog> {
    const cached = this.logs.get(job.name);
    if (cached !== undefined && this.serves(cached, job)) {
      this.keep(job.name, cached);
      return cached.log;
    }
    try {
      return await this.readOf(job, window).join(signal);
    } catch (error) {
      if (!(error instanceof WaitEnded)) throw error;
      throw backendUnavailable('the log could not be read in time; ask again later', error);
    }
  }

  forget(name: JobName): void {
    this.used -= this.logs.get(name)?.bytes ?? 0;
    this.logs.delete(name);
  }

  private serves(cached: CachedLog, job: Job): boolean {
    if (cached.incarnation !== job.incarnation) return false;
    return cached.isComplete || (!isFinal(job.state.status) && this.now() < cached.validUntil);
  }

  /** The read that is under way, if it tells enough; otherwise a new one. */
  private readOf(job: Job, window: LogWindow): SharedTask<JobLog> {
    const { name, incarnation } = job;
    const isComplete = isFinal(job.state.status);
    const underway = this.reads.get(name);
    const tellsEnough =
      underway?.incarnation === incarnation && (underway.isComplete || !isComplete);
    if (tellsEnough && !underway.task.isCancelled) return underway.task;
    const task = new SharedTask((signal) =>
      within(LOG_READ_MS, signal, (limit) =>
        this.gate.run(() => this.readBackend(job, isComplete, window, limit), limit),
      ).finally(() => {
        if (this.reads.get(name)?.task === task) this.reads.delete(name);
      }),
    );
    this.reads.set(name, { incarnation, isComplete, task });
    return task;
  }

  private async readBackend(
    job: Job,
    isComplete: boolean,
    window: LogWindow,
    signal: AbortSignal,
  ): Promise<JobLog> {
    const began = this.now();
    const log = await this.backend.logs(job.name, window, signal);
    const ended = this.now();
    const isPartial = log.isPartial === true;
    // What took long was the wait for a part that did not come: no measure of what a read costs.
    const cost = isPartial ? 0 : ended - began;
    if (!isPartial) this.usualCost += (cost - this.usualCost) * NEWEST_WEIGHT;
    const share = Math.min(this.running() * this.usualCost, LONGEST_SHARED_PAUSE_MS);
    this.keep(job.name, {
      incarnation: job.incarnation,
      isComplete: isComplete && !isPartial,
      log,
      validUntil: ended + Math.max(MIN_PAUSE_MS, cost * READ_SHARE, share),
      bytes: sizeOf(log),
    });
    return log;
  }

  /** The most recently used log is the last to go. */
  private keep(name: JobName, cached: CachedLog): void {
    this.forget(name);
    this.logs.set(name, cached);
    this.used += cached.bytes;
    for (const oldest of this.logs.keys()) {
      if (this.used <= this.budgetBytes) break;
      this.forget(oldest);
    }
  }
}

/** The text, the one that is shown of it, and the answer made from it, where a NUL takes six bytes. */
function sizeOf({ text }: JobLog): number {
  const perCharacter = Buffer.byteLength(text) === text.length ? 1 : 2;
  return ENTRY_BYTES + 2 * perCharacter * text.length + Buffer.byteLength(JSON.stringify(text));
}
