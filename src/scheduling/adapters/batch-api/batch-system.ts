import type { CheckResult } from '../../../shared/check-result.js';
import type { DomainError } from '../../../shared/domain-error.js';
import type { SchedulerCapabilities } from '../../domain/capabilities.js';
import type { JobName } from '../../domain/job-name.js';
import type { JobSpec } from '../../domain/job-spec.js';
import type { Run } from './job-script.js';
import type { StoredJob } from './stored-job.js';
import type { WorkerFacts } from './worker-files.js';
import type { WorkerSight } from './worker-status.js';

/** What a batch system listed at one moment. */
export interface BatchLook {
  /** By the monotonic clock of this process: nothing that happened before is missing. */
  readonly asOf: number;
  /** @param worker from 1 on @param workers of the job in all @param facts what it has written */
  readonly listed: (
    job: string,
    worker: number,
    workers: number,
    facts: WorkerFacts,
  ) => WorkerSight['listed'];
}

/**
 * A batch system that takes scripts and queues them. All that is kept of a job lies in its record, so
 * this is asked for what only the system knows.
 */
export interface BatchSystem {
  /** In messages. */
  readonly name: string;
  readonly capabilities: SchedulerCapabilities;
  /** What a submission hands over, for tests and for people. */
  plan(spec: JobSpec, run: Run): unknown;
  /** @returns the system's id of the job. Errors are its own: see `hasRefused` and `toSubmitError`. */
  submit(spec: JobSpec, run: Run, signal: AbortSignal): Promise<string>;
  /** The jobs of a run, in whatever state; more than one only after lost answers. */
  jobsOfRun(name: JobName, runId: string, signal: AbortSignal): Promise<readonly string[]>;
  /** Of a job that was submitted twice, the one that runs. */
  jobOf(job: string, facts: WorkerFacts): string;
  /** One look for all jobs, shared and paced. */
  look(signal: AbortSignal): Promise<BatchLook>;
  /** Ends a job and waits until nothing of it runs. @param now reads its record again */
  cancel(
    job: string,
    now: () => Promise<StoredJob | undefined>,
    signal: AbortSignal,
  ): Promise<void>;
  /** Waits a little until the system has cleared away a job that has ended. */
  untilCleared(
    job: string,
    now: () => Promise<StoredJob | undefined>,
    signal: AbortSignal,
  ): Promise<void>;
  check(signal: AbortSignal): Promise<readonly CheckResult[]>;
  /** Whether an error of `submit` is the system's answer, and nothing of the job is left there. */
  hasRefused(error: unknown): boolean;
  toSubmitError(error: unknown, spec: JobSpec): DomainError;
  toError(error: unknown): DomainError;
}
