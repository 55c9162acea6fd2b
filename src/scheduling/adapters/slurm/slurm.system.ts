import type { SlurmClient, SlurmRow } from '../../../clients/slurm/slurm-client.js';
import { SlurmError } from '../../../clients/slurm/slurm-error.js';
import type { CheckResult } from '../../../shared/check-result.js';
import type { DomainError } from '../../../shared/domain-error.js';
import type { SchedulerCapabilities } from '../../domain/capabilities.js';
import type { JobName } from '../../domain/job-name.js';
import type { JobSpec } from '../../domain/job-spec.js';
import { batchCapabilities } from '../batch-api/batch-capabilities.js';
import type { BatchLook, BatchSystem } from '../batch-api/batch-system.js';
import type { StoredJob } from '../batch-api/stored-job.js';
import type { Run } from '../batch-api/job-script.js';
import type { WorkerFacts } from '../batch-api/worker-files.js';
import { checkSlurm } from './slurm-check.js';
import { SlurmControl } from './slurm-control.js';
import { toSchedulingError, toSubmitError } from './slurm-errors.js';
import type { SlurmOptions } from './slurm-options.js';
import { SlurmQueue } from './slurm-queue.js';
import { buildSubmission } from './slurm-request.js';
import { isUnrecordedEnd, listedWorker } from './slurm-status.js';
import { Spells } from './spells.js';

/** Longer than what a node has written to shared storage takes to be seen here. */
const RECORD_LAG_MS = 90_000;

/** SLURM itself: each job is one submission, a job array where it has several workers. */
export class SlurmSystem implements BatchSystem {
  readonly name = 'SLURM';
  readonly capabilities: SchedulerCapabilities;
  private readonly queue: SlurmQueue;
  private readonly control: SlurmControl;
  /** Workers that have ended in SLURM and left no record. */
  private readonly unrecorded = new Spells();

  constructor(
    client: SlurmClient,
    private readonly options: SlurmOptions,
    now: () => number = () => performance.now(),
  ) {
    this.capabilities = batchCapabilities('slurm', options.runtime);
    this.queue = new SlurmQueue(client, options.accounting, now);
    this.control = new SlurmControl(client);
  }

  plan(spec: JobSpec, run: Run): unknown {
    return buildSubmission(spec, run, this.options);
  }

  submit(spec: JobSpec, run: Run, signal: AbortSignal): Promise<string> {
    return this.control.submit(buildSubmission(spec, run, this.options), signal);
  }

  jobsOfRun(name: JobName, runId: string, signal: AbortSignal): Promise<readonly string[]> {
    return this.control.jobsOfRun(name, runId, signal);
  }

  jobOf(job: string, { launched }: WorkerFacts): string {
    return launched?.job ?? job;
  }

  async look(signal: AbortSignal): Promise<BatchLook> {
    const snapshot = await this.queue.current(signal);
    return {
      asOf: snapshot.asOf,
      listed: (job, worker, workers, facts) => {
        const row = this.queue.rowOf(snapshot, job, worker, workers);
        if (typeof row === 'string') return row;
        const isOverdue = this.isOverdue(`${job}_${worker}`, row, facts, snapshot.asOf);
        return listedWorker(row, facts, isOverdue);
      },
    };
  }

  async cancel(
    job: string,
    now: () => Promise<StoredJob | undefined>,
    signal: AbortSignal,
  ): Promise<void> {
    await this.control.cancel(job, signal);
    const hasEnded = async (): Promise<boolean> => {
      const stored = await now();
      return stored === undefined || stored.workers.every(({ end }) => end !== undefined);
    };
    await this.control.untilEnded(job, hasEnded, signal);
  }

  untilCleared(
    job: string,
    _now: () => Promise<StoredJob | undefined>,
    signal: AbortSignal,
  ): Promise<void> {
    return this.control.untilCleared(job, signal);
  }

  check(signal: AbortSignal): Promise<readonly CheckResult[]> {
    return checkSlurm(this.control, this.options.transport, signal);
  }

  hasRefused(error: unknown): boolean {
    return error instanceof SlurmError && error.hasAnswered;
  }

  toSubmitError(error: unknown, spec: JobSpec): DomainError {
    return toSubmitError(error, spec);
  }

  toError(error: unknown): DomainError {
    return toSchedulingError(error);
  }

  private isOverdue(key: string, row: SlurmRow, facts: WorkerFacts, asOf: number): boolean {
    if (!isUnrecordedEnd(row, facts)) {
      this.unrecorded.end(key);
      return false;
    }
    this.unrecorded.note(key, asOf);
    return this.unrecorded.lengthOf(key) > RECORD_LAG_MS;
  }
}
