import type { CheckResult } from '../../shared/check-result.js';
import { hasCode } from '../../shared/domain-error.js';
import type { EventLog } from '../../shared/event-log.js';
import type { Job } from '../domain/job.js';
import type { JobName } from '../domain/job-name.js';
import { isFinal } from '../domain/job-status.js';
import type { SchedulerPort } from '../domain/scheduler.port.js';
import { fullJitter, pause } from './backoff.js';
import type { JobTable, Moment } from './job-table.js';
import { Pacemaker } from './pacemaker.js';
import type { MonotonicClock, SyncTimes } from './sync-times.js';

const MAX_PARALLEL_LOOK_UPS = 8;
/** A backend that comes back is seen this soon, in milliseconds. */
const LONGEST_RETRY_MS = 1_000;
/** A stream that ends sooner of itself tells of nothing: Podman without events answers so. */
const BRIEF_STREAM_MS = 1_000;
/** So that a Podman which ends when nobody asks is left in peace. */
const LONGEST_PAUSE_AFTER_BRIEF_MS = 30_000;

interface LookUp {
  readonly asOf: Moment;
  readonly answer: Promise<Job | undefined>;
}

/**
 * Keeps the job table equal to the backend. A hint only marks a job; what enters the table is the
 * answer of a look-up that began after the hint. Lists find what hints have missed.
 */
export class Synchroniser {
  /** Jobs whose state in the table may be old, with the moment of the newest doubt. */
  private readonly doubts = new Map<JobName, Moment>();
  private readonly lookUps = new Map<JobName, LookUp>();
  private readonly ended = new AbortController();
  private readonly pacemaker: Pacemaker;
  private draining = false;
  private drainTimer: NodeJS.Timeout | undefined;
  private opened = 0;

  constructor(
    private readonly backend: SchedulerPort,
    private readonly table: JobTable,
    private readonly log: EventLog,
    readonly now: MonotonicClock,
    private readonly times: SyncTimes,
  ) {
    this.pacemaker = new Pacemaker(times, now, () => table.live > 0);
  }

  /** Jobs that are about to be looked up. */
  get doubtful(): number {
    return this.doubts.size;
  }

  /** How often the event stream was opened since the start. */
  get streamsOpened(): number {
    return this.opened;
  }

  /** Milliseconds since the newest list began. */
  listAge(): number {
    return this.pacemaker.listAge();
  }

  /** Begins to follow the backend; returns at once. */
  start(): void {
    void this.keepListing();
    void this.keepWatching();
  }

  stop(): void {
    this.ended.abort();
    this.pacemaker.hurry();
  }

  /** Whether the table may answer for the backend about this job now. */
  vouchesFor(name: JobName): boolean {
    return !this.doubts.has(name) && this.pacemaker.isCurrent(this.hasHintsOf(name));
  }

  /**
   * Marks a job for a look-up soon. A job that the table does not have needs none: whoever asks for
   * it causes one, and the engine has its hands full with the calls that cause such hints.
   */
  doubt(name: JobName): void {
    if (this.table.get(name) === undefined && !this.lookUps.has(name)) return;
    this.doubts.set(name, this.now());
    this.drainTimer ??= setTimeout(() => {
      this.drainTimer = undefined;
      void this.drain();
    }, this.times.coalesce).unref();
  }

  /** One authoritative look-up, no older than the newest doubt, shared by all who want it. */
  async lookUp(name: JobName, signal: AbortSignal): Promise<Job | undefined> {
    const flight = this.lookUps.get(name);
    if (flight !== undefined) {
      // Its answer may be as old as the question.
      const notBefore = Math.max(this.doubts.get(name) ?? 0, this.now() - this.times.busyList);
      if (flight.asOf >= notBefore) return flight.answer;
      await flight.answer.catch(() => undefined);
      return this.lookUp(name, signal);
    }
    const asOf = this.now();
    const answer = this.askBackend(name, asOf, signal).finally(() => this.lookUps.delete(name));
    this.lookUps.set(name, { asOf, answer });
    return answer;
  }

  check(): CheckResult {
    const name = 'jobs';
    if (!this.pacemaker.isLate()) {
      return { name, ok: true, detail: `${this.table.size} known` };
    }
    const mend = 'nothing, once the backend answers: the list is read again and again';
    return { name, ok: false, detail: 'the list of jobs is out of date', mend };
  }

  private async askBackend(
    name: JobName,
    asOf: Moment,
    signal: AbortSignal,
  ): Promise<Job | undefined> {
    this.table.learn(name, await this.findOrAbsent(name, signal), asOf);
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

  private async keepListing(): Promise<void> {
    for (let failures = 0; !this.ended.signal.aborted;) {
      try {
        await this.list();
        failures = 0;
        await this.pacemaker.rest();
      } catch (error) {
        if (failures === 0) this.log.warn('the list of jobs cannot be read', { error });
        await pause(fullJitter(failures, LONGEST_RETRY_MS), this.ended.signal);
        failures += 1;
      }
    }
  }

  private async list(): Promise<void> {
    const asOf = this.now();
    const deadline = AbortSignal.timeout(this.times.listDeadline);
    const listed = await this.backend.list(AbortSignal.any([deadline, this.ended.signal]));
    for (const name of this.table.compare(listed, asOf)) {
      if (!this.doubts.has(name)) this.doubts.set(name, asOf);
    }
    this.table.dropTombstones(asOf - this.times.tombstone);
    this.pacemaker.confirm(asOf);
    await this.drain();
  }

  private async keepWatching(): Promise<void> {
    for (let failures = 0; !this.ended.signal.aborted; failures += 1) {
      const began = this.now();
      let longest = LONGEST_RETRY_MS;
      try {
        await this.followHints();
        longest = LONGEST_PAUSE_AFTER_BRIEF_MS;
      } catch (error) {
        if (failures === 0 && !this.ended.signal.aborted) {
          this.log.warn('the event stream of the backend ended', { error });
        }
      }
      this.pacemaker.hintsEnd();
      if (this.now() - began >= BRIEF_STREAM_MS) failures = 0;
      await pause(fullJitter(failures, longest), this.ended.signal);
    }
  }

  private async followHints(): Promise<void> {
    let isOpen = false;
    for await (const hint of this.backend.watch(this.ended.signal)) {
      // The first one says that the stream is open.
      if (!isOpen) {
        this.pacemaker.hintsBegin();
        this.opened += 1;
      }
      isOpen = true;
      if (hint.kind === 'changed') this.doubt(hint.name);
      else this.pacemaker.hurry();
    }
  }

  /** Of a job that has ended there is nothing to tell but its removal. */
  private hasHintsOf(name: JobName): boolean {
    if (this.backend.capabilities.hints !== 'partial') return true;
    const job = this.table.get(name);
    return job !== undefined && isFinal(job.state.status);
  }

  /** Looks up every doubtful job, a few at a time; one that fails stays doubtful. */
  private async drain(): Promise<void> {
    if (this.draining) return;
    this.draining = true;
    try {
      while (this.doubts.size > 0 && !this.ended.signal.aborted) {
        const batch = [...this.doubts.keys()].slice(0, MAX_PARALLEL_LOOK_UPS);
        const answers = await Promise.allSettled(
          batch.map((name) => this.lookUp(name, AbortSignal.timeout(this.times.lookUpDeadline))),
        );
        if (answers.some(({ status }) => status === 'rejected')) return;
      }
    } finally {
      this.draining = false;
    }
  }
}
