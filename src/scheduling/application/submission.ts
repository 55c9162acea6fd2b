import { DomainError, hasCode } from '../../shared/domain-error.js';
import { Tally } from '../../shared/tally.js';
import { assertSupported } from '../domain/feature-rules.js';
import type { Job } from '../domain/job.js';
import type { JobName } from '../domain/job-name.js';
import type { JobSpec } from '../domain/job-spec.js';
import type { SchedulerPort } from '../domain/scheduler.port.js';
import { backendUnavailable, jobConflict } from '../domain/scheduling-errors.js';
import type { SpecHash } from '../domain/spec-hash.js';
import { fullJitter, pause } from './backoff.js';
import type { JobTable } from './job-table.js';
import type { JobSource, PreparedJob } from './job-source.js';
import { Patience, askedPause } from './patience.js';

export const SUBMISSIONS = Symbol('scheduling:SUBMISSIONS');

/** How long a client is kept waiting for an image, in milliseconds. */
const PREPARE_MS = 60_000;
const PATIENCE = { image: PREPARE_MS, isUnattended: false } as const;
const KEEP_MS = 5_000;
/** After this long, in milliseconds, what was known of the job may be old. */
const LONG_PREPARE_MS = 1_000;

/** A client gives up sooner than so many before it are answered. */
const MAX_UNDERWAY = 1_000;
/** How long after the beginning of the service's end a submission may still take, in milliseconds. */
const LAST_MS = 25_000;

/** What is known of jobs without the backend, and what it says when it is asked. */
export interface JobKnowledge {
  /** Whether there was no such job a short while ago. */
  vouchesForAbsence(name: JobName): boolean;
  /** What the backend says now. @throws DomainError `JobNotFound` */
  findNow(name: JobName, signal: AbortSignal): Promise<Job>;
}

interface Flight {
  readonly specHash: SpecHash;
  readonly job: Promise<Job>;
}

/**
 * Submission as reconciliation: whatever happened before (a repeat, a lost answer, a crash between
 * two calls), the outcome is one job of that name, started once. Written once, for every backend.
 */
export class Submissions {
  private readonly leaving = new AbortController();
  private readonly ended = new AbortController();
  private readonly flights = new Map<JobName, Flight>();
  private readonly tally = new Tally();
  private underway = 0;

  constructor(
    private readonly scheduler: SchedulerPort,
    private readonly table: JobTable,
    /** A table that has not heard of a removal elsewhere would take a new job for the old one. */
    private readonly knowledge: JobKnowledge = {
      vouchesForAbsence: () => false,
      findNow: (name, signal) => scheduler.find(name, signal),
    },
  ) {}

  /** How many have ended how: `accepted`, or the code of an error. */
  get outcomes(): ReadonlyMap<string, number> {
    return this.tally.all;
  }

  /** The service is about to end: nobody is kept waiting for what may take long. */
  leave(): void {
    this.leaving.abort();
    setTimeout(() => this.ended.abort(), LAST_MS).unref();
  }

  /**
   * @throws DomainError `JobConflict` when a job of that name has another hash; `NameTaken`; the
   *   backend's refusal; `BackendUnavailable` when passing errors did not pass before `signal`;
   *   `BackendBusy` when too many are under way, or the backend takes no more in time.
   */
  async submit(
    name: JobName,
    specHash: SpecHash,
    source: JobSource,
    signal: AbortSignal,
  ): Promise<Job> {
    this.underway += 1;
    try {
      const job = await this.shared(name, specHash, source, signal);
      this.tally.add('accepted');
      return job;
    } catch (error) {
      this.tally.add(error instanceof DomainError ? error.code : 'Error');
      throw error;
    } finally {
      this.underway -= 1;
    }
  }

  private shared(
    name: JobName,
    specHash: SpecHash,
    source: JobSource,
    signal: AbortSignal,
  ): Promise<Job> {
    if (this.underway > MAX_UNDERWAY) {
      const message = `${MAX_UNDERWAY} submissions are under way already; try again later`;
      return Promise.reject(new DomainError('BackendBusy', message));
    }
    const flight = this.flights.get(name);
    if (flight !== undefined) {
      if (flight.specHash !== specHash) return Promise.reject(jobConflict(name));
      return flight.job;
    }
    const time = AbortSignal.any([signal, this.ended.signal]);
    const job = this.reconcile(name, specHash, source, time).finally(() => {
      this.flights.delete(name);
    });
    this.flights.set(name, { specHash, job });
    return job;
  }

  private async reconcile(
    name: JobName,
    specHash: SpecHash,
    { verify, prepare }: JobSource,
    signal: AbortSignal,
  ): Promise<Job> {
    let prepared: Promise<PreparedJob> | undefined;
    const prepareOnce = (): Promise<PreparedJob> =>
      (prepared ??= prepare().catch((error: unknown) => {
        // What could not be prepared now may be at the next attempt.
        prepared = undefined;
        throw error;
      }));
    const patience = new Patience(PATIENCE);
    for (let attempt = 0; ; attempt += 1) {
      try {
        const isNew = attempt === 0 && this.isNew(name);
        return await this.attempt(name, specHash, { verify, prepare: prepareOnce }, isNew, signal);
      } catch (error) {
        if (!patience.allows(error)) throw error;
        const wait = AbortSignal.any([signal, this.leaving.signal]);
        if (!(await pause(askedPause(error) + fullJitter(attempt), wait))) throw error;
      }
    }
  }

  private async attempt(
    name: JobName,
    specHash: SpecHash,
    { verify, prepare }: JobSource,
    isNew: boolean,
    signal: AbortSignal,
  ): Promise<Job> {
    await this.verifyUnlessKnown(name, specHash, verify);
    const present = isNew ? undefined : await this.present(name, specHash, signal);
    if (present !== undefined && !isUnstarted(present)) return present;
    const { spec, secure } = await prepare();
    assertSupported(spec, this.scheduler.capabilities);
    const wait = AbortSignal.any([signal, AbortSignal.timeout(PREPARE_MS), this.leaving.signal]);
    const began = performance.now();
    const readiness = await this.scheduler.prepare(spec, wait);
    if (present === undefined) await secure();
    if (readiness === 'underway') return this.defer(spec, signal);
    if (performance.now() - began > LONG_PREPARE_MS) {
      // Another replica may have accepted the job meanwhile, and looks after it.
      const other = await this.present(name, specHash, signal);
      if (other !== undefined && !isUnstarted(other)) return other;
    }
    try {
      return await this.scheduler.submit(spec, signal);
    } catch (error) {
      if (!hasCode(error, 'NameTaken')) throw error;
      // Another replica was faster, or the object is not ours.
      const other = await this.present(name, specHash, signal);
      if (other === undefined) throw error;
      return other;
    }
  }

  /** Whether nobody needs to look for the job: if it is there nevertheless, the backend says so. */
  private isNew(name: JobName): boolean {
    const { names } = this.scheduler.capabilities;
    return names === 'exclusive' && this.knowledge.vouchesForAbsence(name);
  }

  /** Accepts a job that cannot be submitted yet; whoever looks after such jobs goes on with it. */
  private async defer(spec: JobSpec, signal: AbortSignal): Promise<Job> {
    const { deferrals } = this.scheduler;
    if (deferrals === undefined) {
      throw backendUnavailable('the backend could not prepare the job in time');
    }
    // The wait may have used up the time of the request, but not of this.
    const time = signal.aborted ? AbortSignal.timeout(KEEP_MS) : signal;
    await deferrals.keep(spec, time);
    const job = await this.present(spec.name, spec.specHash, time);
    if (job === undefined) throw backendUnavailable('the job was removed meanwhile');
    return job;
  }

  /**
   * A repeat of a job that is known is answered even when its directories are gone by now.
   * @throws DomainError what `verify` throws for any other job.
   */
  private async verifyUnlessKnown(
    name: JobName,
    specHash: SpecHash,
    verify: JobSource['verify'],
  ): Promise<void> {
    try {
      await verify();
    } catch (error) {
      const isKnown = this.table.get(name)?.specHash === specHash;
      if (!isKnown || !hasCode(error, 'InvalidRequest')) throw error;
    }
  }

  /** The job of that name if there is one. @throws DomainError `JobConflict` for another hash. */
  private async present(
    name: JobName,
    specHash: SpecHash,
    signal: AbortSignal,
  ): Promise<Job | undefined> {
    try {
      const job = await this.knowledge.findNow(name, signal);
      if (job.specHash !== specHash) throw jobConflict(name);
      return job;
    } catch (error) {
      if (hasCode(error, 'JobNotFound')) return undefined;
      throw error;
    }
  }
}

/** A job that was made and not wholly started is continued; one that is only kept is looked after. */
function isUnstarted({ state, isDeferred, isPartlyStarted }: Job): boolean {
  const isWaiting = state.status === 'notstarted' || isPartlyStarted !== undefined;
  return isWaiting && isDeferred === undefined;
}
