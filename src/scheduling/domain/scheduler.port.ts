import type { CheckResult } from '../../shared/check-result.js';
import type { SchedulerCapabilities } from './capabilities.js';
import type { FailureReason } from './failure-reason.js';
import type { Job } from './job.js';
import type { JobName } from './job-name.js';
import type { JobSpec } from './job-spec.js';

export const SCHEDULER = Symbol('scheduling:SCHEDULER');

/** How much of a log is wanted. */
export interface LogWindow {
  /** Lines from the end; `undefined` is all of them. */
  readonly lines: number | undefined;
  /** Bytes from the end, whatever the number of lines. */
  readonly bytes: number;
}

/** The end of a log; the same object as long as nothing was read anew. */
export interface JobLog {
  readonly text: string;
  /** True when a part could not be read now and may be read later; the text says so. */
  readonly isPartial?: true;
}

/** A job as a list of the backend shows it. */
export interface ListedJob {
  readonly name: JobName;
  /** Differs from the mark of an earlier look-up when the state has changed since. */
  readonly mark: string;
}

/** Whether a job can be submitted now; `underway`: what was begun for it goes on. */
export type Readiness = 'ready' | 'underway';

/** A job that is kept to be submitted. */
export interface DeferredJob {
  /** Another one for each time that a job of this name is kept. */
  readonly id: string;
  readonly spec: JobSpec;
}

/**
 * Jobs that were accepted before the backend could take them. The backend keeps them, so that a
 * restart forgets none and any replica goes on with them; `find` and `list` show them.
 */
export interface Deferrals {
  /** Keeps a job; one of the same name that is kept already stays as it is. */
  keep(spec: JobSpec, signal: AbortSignal): Promise<void>;
  /** The jobs that are still to be submitted. */
  list(signal: AbortSignal): Promise<readonly DeferredJob[]>;
  /**
   * Submits a kept job, once, and keeps it no longer.
   * @param id of the job that is meant: another one of its name is left alone
   * @throws DomainError `JobNotFound` when it was removed meanwhile; as `SchedulerPort.submit` else.
   */
  submit(name: JobName, id: string, signal: AbortSignal): Promise<void>;
  /** From now on the job is one that has failed; another one of its name is left alone. */
  fail(name: JobName, id: string, failure: DeferralFailure, signal: AbortSignal): Promise<void>;
}

export interface DeferralFailure {
  readonly reason: FailureReason;
  /** One human sentence without a full stop. */
  readonly message: string;
}

/** Something may have changed. Hints may be lost, repeated or late; they are never a state. */
export type JobHint =
  { readonly kind: 'changed'; readonly name: JobName } | { readonly kind: 'relist' };

/**
 * A container engine, cluster or batch system. Every call ends by `signal` at the latest. Errors are
 * `DomainError`s; those marked retryable leave the outcome open or passing, all others are definite.
 */
export interface SchedulerPort {
  /** Constant; no I/O. */
  readonly capabilities: SchedulerCapabilities;

  /** Submissions that it takes at once; absent: as many as suit a machine with this one's cores. */
  readonly parallelStarts?: number;

  /** The exact requests the backend would get, as data; pure, nothing is sent. */
  plan(spec: JobSpec): readonly unknown[];

  /**
   * Does beforehand what may take long and leaves no trace of the job, such as pulling its image.
   * Backends that fetch images by themselves are always `ready`. `signal` ends only the wait.
   * @throws DomainError `ImageUnavailable` with the registry's words.
   */
  prepare(spec: JobSpec, signal: AbortSignal): Promise<Readiness>;

  /** Absent where `prepare` is never `underway`. */
  readonly deferrals?: Deferrals | undefined;

  /**
   * Runs a job once. A job of ours with the same name and spec hash that was created but never
   * started (a lost answer, a crash) is continued; one that has started is left alone.
   * On success `find` sees the job; on a definite rejection nothing was left behind.
   * @throws DomainError `NameTaken` when an object of that name exists that is not this job;
   *   `ImageUnavailable`, `JobRefused` with the backend's words; retryable ones otherwise.
   */
  submit(spec: JobSpec, signal: AbortSignal): Promise<Job>;

  /**
   * One authoritative look-up by exact name among the jobs that carry our labels.
   * @throws DomainError `JobNotFound`
   */
  find(name: JobName, signal: AbortSignal): Promise<Job>;

  /**
   * A job as the backend showed it by itself, without a call: as it was a moment ago, and no older than
   * any answer of this backend. `undefined` where only `find` can tell; absent where the backend shows
   * nothing by itself.
   */
  recall?(name: JobName): Job | undefined;

  /** Every job that carries our labels. */
  list(signal: AbortSignal): Promise<readonly ListedJob[]>;

  /**
   * Hints from now on, until `signal` or a fault ends the stream; `relist` comes first, when the
   * backend's stream is open. A backend without events yields `relist` at its own pace.
   */
  watch(signal: AbortSignal): AsyncIterable<JobHint>;

  /**
   * Standard output and standard error of all workers, in every state of the job; UTF-8 with
   * replacement characters for what is not.
   * @throws DomainError `JobNotFound`
   */
  logs(name: JobName, window: LogWindow, signal: AbortSignal): Promise<JobLog>;

  /** Ends the job's processes and keeps its record; a job that has finished is left alone. */
  stop(name: JobName, signal: AbortSignal): Promise<void>;

  /**
   * Ends the job's processes and forgets it. When it returns, they write no more.
   * @throws DomainError `JobNotFound`
   */
  remove(name: JobName, signal: AbortSignal): Promise<void>;

  /** Milliseconds since 1970 by the backend's clock; present where the service enforces time limits. */
  now?(signal: AbortSignal): Promise<number>;

  /** Reachable, version, permissions; never throws, bounded by `signal`. */
  check(signal: AbortSignal): Promise<readonly CheckResult[]>;
}
