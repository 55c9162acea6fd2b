import { hasCode } from '../../shared/domain-error.js';
import { SharedTask } from '../../shared/shared-task.js';
import { WaitEnded } from '../../shared/wait-ended.js';
import type { Job } from '../domain/job.js';
import type { JobName } from '../domain/job-name.js';
import type { SchedulerPort } from '../domain/scheduler.port.js';
import { backendUnavailable } from '../domain/scheduling-errors.js';
import type { JobTable, Moment } from './job-table.js';
import type { MonotonicClock } from './sync-times.js';

interface Flight {
  readonly asOf: Moment;
  readonly task: SharedTask<Job | undefined>;
}

/** Authoritative look-ups, and the jobs that need one: the table learns from nothing else. */
export class LookUps {
  /** Jobs whose state in the table may be old, with the moment of the newest doubt. */
  private readonly doubts = new Map<JobName, Moment>();
  private readonly flights = new Map<JobName, Flight>();

  /** @param age how old an answer about a job that is known may be, in milliseconds */
  constructor(
    private readonly backend: SchedulerPort,
    private readonly table: JobTable,
    private readonly now: MonotonicClock,
    private readonly age: number,
  ) {}

  get doubtful(): number {
    return this.doubts.size;
  }

  isDoubtful(name: JobName): boolean {
    return this.doubts.has(name);
  }

  isUnderway(name: JobName): boolean {
    return this.flights.has(name);
  }

  doubt(name: JobName, moment: Moment): void {
    this.doubts.set(name, moment);
  }

  /** The next jobs to look up, without those of this round that were looked up in vain. */
  next(count: number, failed: ReadonlySet<JobName>): readonly JobName[] {
    const names: JobName[] = [];
    for (const name of this.doubts.keys()) {
      if (names.length >= count) break;
      if (!failed.has(name)) names.push(name);
    }
    return names;
  }

  /** Whoever always fails is in nobody's way. */
  putLast(name: JobName): void {
    const doubted = this.doubts.get(name);
    if (doubted === undefined) return;
    this.doubts.delete(name);
    this.doubts.set(name, doubted);
  }

  /**
   * What the backend recalls, or a look-up shared by all who want it, no older than the newest doubt.
   * `signal` ends only the wait, and the look-up when nobody else waits. That there is no job is never
   * told of the past.
   * @throws DomainError `BackendUnavailable` when `signal` ends
   */
  async ask(name: JobName, signal: AbortSignal): Promise<Job | undefined> {
    // What is being looked up may be news.
    const recalled = this.flights.has(name) ? undefined : this.backend.recall?.(name);
    if (recalled !== undefined) return this.learn(name, recalled, this.now());
    const isKnown = this.table.get(name) !== undefined;
    return this.inTime(this.askSince(name, this.now() - (isKnown ? this.age : 0), signal));
  }

  /** As `ask`, but nothing that was known before. */
  askAnew(name: JobName, signal: AbortSignal): Promise<Job | undefined> {
    return this.inTime(this.askSince(name, this.now(), signal));
  }

  private async inTime<T>(answer: Promise<T>): Promise<T> {
    try {
      return await answer;
    } catch (error) {
      if (!(error instanceof WaitEnded)) throw error;
      throw backendUnavailable('the backend has not told of the job in time', error);
    }
  }

  private async askSince(
    name: JobName,
    moment: Moment,
    signal: AbortSignal,
  ): Promise<Job | undefined> {
    for (;;) {
      const flight = this.flights.get(name);
      if (flight === undefined || flight.task.isCancelled) return this.begin(name).join(signal);
      const notBefore = Math.max(this.doubts.get(name) ?? 0, moment);
      if (flight.asOf >= notBefore) return flight.task.join(signal);
      await flight.task.join(signal).catch((error: unknown) => {
        if (error instanceof WaitEnded) throw error;
      });
    }
  }

  private begin(name: JobName): SharedTask<Job | undefined> {
    const asOf = this.now();
    const task = new SharedTask((signal) =>
      this.askBackend(name, asOf, signal).finally(() => {
        if (this.flights.get(name)?.asOf === asOf) this.flights.delete(name);
      }),
    );
    this.flights.set(name, { asOf, task });
    return task;
  }

  private async askBackend(
    name: JobName,
    asOf: Moment,
    signal: AbortSignal,
  ): Promise<Job | undefined> {
    return this.learn(name, await this.findOrAbsent(name, signal), asOf);
  }

  /** Takes what was found out at `asOf`, which settles every doubt of before. */
  learn(name: JobName, job: Job | undefined, asOf: Moment): Job | undefined {
    this.table.learn(name, job, asOf);
    const doubted = this.doubts.get(name);
    if (doubted !== undefined && doubted <= asOf) this.doubts.delete(name);
    return this.table.get(name);
  }

  private async findOrAbsent(name: JobName, signal: AbortSignal): Promise<Job | undefined> {
    try {
      return await this.backend.find(name, signal);
    } catch (error) {
      if (hasCode(error, 'JobNotFound')) return undefined;
      throw error;
    }
  }
}
