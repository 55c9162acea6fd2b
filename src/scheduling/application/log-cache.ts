import type { Job } from '../domain/job.js';
import type { JobName } from '../domain/job-name.js';
import { isFinal } from '../domain/job-status.js';
import type { JobLog, LogWindow, SchedulerPort } from '../domain/scheduler.port.js';
import { backendUnavailable } from '../domain/scheduling-errors.js';
import { Semaphore } from '../../shared/semaphore.js';
import { WaitEnded } from '../../shared/wait-ended.js';
import type { MonotonicClock } from './sync-times.js';

const MAX_PARALLEL_READS = 4;
/** A growing log is read again after this long at the earliest, in milliseconds. */
const MIN_PAUSE_MS = 1_000;
/** Reading a growing log may take at most one part in this many of the time. */
const READ_SHARE = 20;
/** A character of text takes one or two bytes, and the answer made from it as much again. */
const BYTES_PER_CHARACTER = 4;

interface CachedLog {
  readonly incarnation: string;
  /** True when all was read after the job had ended: nothing can be added to it. */
  readonly isComplete: boolean;
  readonly log: JobLog;
  readonly validUntil: number;
}

interface Read {
  readonly incarnation: string;
  readonly isComplete: boolean;
  readonly log: Promise<JobLog>;
}

/**
 * Keeps logs within a budget: the log of a job that has ended is read once, that of a running one at
 * a pace that follows the cost of reading it. Written for one window per service.
 */
export class LogCache {
  private readonly logs = new Map<JobName, CachedLog>();
  private readonly reads = new Map<JobName, Read>();
  private readonly gate = new Semaphore(MAX_PARALLEL_READS);
  private used = 0;

  constructor(
    private readonly backend: SchedulerPort,
    private readonly budgetBytes: number,
    private readonly now: MonotonicClock,
  ) {}

  get bytes(): number {
    return this.used;
  }

  /** The end of the log of a job in a state that was seen before the call. */
  async read(job: Job, window: LogWindow, signal: AbortSignal): Promise<JobLog> {
    const cached = this.logs.get(job.name);
    if (cached !== undefined && this.serves(cached, job)) {
      this.keep(job.name, cached);
      return cached.log;
    }
    const isComplete = isFinal(job.state.status);
    const flight = this.reads.get(job.name);
    if (flight?.incarnation === job.incarnation && (flight.isComplete || !isComplete)) {
      return flight.log;
    }
    const log = this.inTurn(() => this.readBackend(job, isComplete, window, signal), signal);
    const read = { incarnation: job.incarnation, isComplete, log };
    this.reads.set(job.name, read);
    return log.finally(() => {
      if (this.reads.get(job.name) === read) this.reads.delete(job.name);
    });
  }

  forget(name: JobName): void {
    this.used -= sizeOf(this.logs.get(name));
    this.logs.delete(name);
  }

  private serves(cached: CachedLog, job: Job): boolean {
    if (cached.incarnation !== job.incarnation) return false;
    return cached.isComplete || (!isFinal(job.state.status) && this.now() < cached.validUntil);
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
    // What took long was the wait for a part that did not come: no measure of what a read costs.
    const cost = log.isPartial === true ? 0 : (ended - began) * READ_SHARE;
    const validUntil = ended + Math.max(MIN_PAUSE_MS, cost);
    const { incarnation } = job;
    const isWhole = isComplete && log.isPartial !== true;
    this.keep(job.name, { incarnation, isComplete: isWhole, log, validUntil });
    return log;
  }

  private async inTurn(read: () => Promise<JobLog>, signal: AbortSignal): Promise<JobLog> {
    try {
      return await this.gate.run(read, signal);
    } catch (error) {
      if (!(error instanceof WaitEnded)) throw error;
      throw backendUnavailable('too many logs are being read; ask again later', error);
    }
  }

  /** The most recently used log is the last to go. */
  private keep(name: JobName, cached: CachedLog): void {
    this.forget(name);
    this.logs.set(name, cached);
    this.used += sizeOf(cached);
    for (const oldest of this.logs.keys()) {
      if (this.used <= this.budgetBytes) break;
      this.forget(oldest);
    }
  }
}

function sizeOf(cached: CachedLog | undefined): number {
  return (cached?.log.text.length ?? 0) * BYTES_PER_CHARACTER;
}
