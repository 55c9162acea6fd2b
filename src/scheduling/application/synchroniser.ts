import type { CheckResult } from '../../shared/check-result.js';
import { hasCode } from '../../shared/domain-error.js';
import type { EventLog } from '../../shared/event-log.js';
import { within } from '../../shared/within.js';
import type { Job } from '../domain/job.js';
import type { JobName } from '../domain/job-name.js';
import { isFinal } from '../domain/job-status.js';
import type { SchedulerPort } from '../domain/scheduler.port.js';
import { fullJitter, pause } from './backoff.js';
import type { JobTable } from './job-table.js';
import { LookUps } from './look-ups.js';
import { Pacemaker } from './pacemaker.js';
import type { MonotonicClock, SyncTimes } from './sync-times.js';

const MAX_PARALLEL_LOOK_UPS = 8;
/** A backend that comes back is seen this soon, in milliseconds. */
const LONGEST_RETRY_MS = 1_000;
/** A stream that ends sooner of itself tells of nothing: Podman without events answers so. */
const BRIEF_STREAM_MS = 1_000;
/** So that a Podman which ends when nobody asks is left in peace. */
const LONGEST_PAUSE_AFTER_BRIEF_MS = 30_000;

/**
 * Keeps the job table equal to the backend. A hint only marks a job; what enters the table is the
 * answer of a look-up that began after the hint. Lists find what hints have missed.
 */
export class Synchroniser {
  private readonly lookUps: LookUps;
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
    this.lookUps = new LookUps(backend, table, now, times.busyList);
    this.pacemaker = new Pacemaker(times, now, () => table.live > 0);
  }

  /** Jobs that are about to be looked up. */
  get doubtful(): number {
    return this.lookUps.doubtful;
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
    return !this.lookUps.isDoubtful(name) && this.pacemaker.isCurrent(this.hasHintsOf(name));
  }

  /** Whether there was no such job a short while ago: somebody else may have made it since. */
  vouchesForAbsence(name: JobName): boolean {
    const isKnown = this.table.get(name) !== undefined || this.lookUps.isDoubtful(name);
    return !isKnown && this.pacemaker.isCurrent();
  }

  /**
   * Marks a job for a look-up soon. A job that the table does not have needs none: whoever asks for
   * it causes one, and the engine has its hands full with the calls that cause such hints.
   */
  doubt(name: JobName): void {
    if (this.table.get(name) === undefined && !this.lookUps.isUnderway(name)) return;
    this.lookUps.doubt(name, this.now());
    this.drainTimer ??= setTimeout(() => {
      this.drainTimer = undefined;
      void this.drain();
    }, this.times.coalesce).unref();
  }

  /**
   * What the backend recalls, or one authoritative look-up, no older than the newest doubt, shared by
   * all who want it.
   */
  lookUp(name: JobName, signal: AbortSignal): Promise<Job | undefined> {
    return this.lookUps.ask(name, signal);
  }

  /** As `lookUp`, but only what the backend says when it is asked now. */
  lookUpAnew(name: JobName, signal: AbortSignal): Promise<Job | undefined> {
    return this.lookUps.askAnew(name, signal);
  }

  /** The job has just been removed: hints of its end tell nothing more. */
  learnRemoval(name: JobName): void {
    this.lookUps.learn(name, undefined, this.now());
  }

  check(): CheckResult {
    const name = 'jobs';
    if (!this.pacemaker.isLate()) {
      return { name, ok: true, detail: `${this.table.jobs} known` };
    }
    const mend = 'none needed: pman keeps trying, and recovers when the backend answers';
    return { name, ok: false, detail: 'the list of jobs is out of date', mend };
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
    const listed = await within(this.times.listDeadline, this.ended.signal, (limit) =>
      this.backend.list(limit),
    );
    for (const name of this.table.compare(listed, asOf)) {
      if (!this.lookUps.isDoubtful(name)) this.lookUps.doubt(name, asOf);
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
      await this.lookUpAll();
    } finally {
      this.draining = false;
    }
  }

  private async lookUpAll(): Promise<void> {
    const failed = new Set<JobName>();
    while (!this.ended.signal.aborted) {
      const batch = this.lookUps.next(MAX_PARALLEL_LOOK_UPS, failed);
      if (batch.length === 0) return;
      const errors = await Promise.all(batch.map((name) => this.errorOfLookUp(name)));
      for (const [index, name] of batch.entries()) {
        if (errors[index] === undefined) continue;
        failed.add(name);
        this.lookUps.putLast(name);
      }
      // The next list begins again.
      if (errors.some((error) => hasCode(error, 'BackendUnavailable'))) return;
    }
  }

  private async errorOfLookUp(name: JobName): Promise<unknown> {
    try {
      await within(this.times.lookUpDeadline, this.ended.signal, (limit) =>
        this.lookUp(name, limit),
      );
      return undefined;
    } catch (error) {
      return error;
    }
  }
}
