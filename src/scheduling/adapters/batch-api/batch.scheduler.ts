import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { readFileTail } from '../../../clients/filesystem/file-tail.js';
import type { CheckResult } from '../../../shared/check-result.js';
import { Semaphore } from '../../../shared/semaphore.js';
import type { SchedulerCapabilities } from '../../domain/capabilities.js';
import type { Job } from '../../domain/job.js';
import type { JobName } from '../../domain/job-name.js';
import type { JobSpec } from '../../domain/job-spec.js';
import type {
  JobHint,
  JobLog,
  ListedJob,
  LogWindow,
  Readiness,
  SchedulerPort,
} from '../../domain/scheduler.port.js';
import { backendUnavailable, jobNotFound, nameTaken } from '../../domain/scheduling-errors.js';
import { joinWorkerLogs, logShare } from '../../domain/worker-logs.js';
import { toJob } from './batch-job.js';
import { JobLooks } from './job-looks.js';
import type { BatchOptions } from './batch-options.js';
import type { BatchSystem } from './batch-system.js';
import { createRecord } from './job-record.js';
import { JobRecords } from './job-records.js';
import type { StoredJob } from './stored-job.js';
import type { Run } from './job-script.js';
import { toRecordError } from './record-errors.js';
import { refuseWhatWouldChange } from './runtime-refusals.js';
import { unlessHung } from './storage-deadline.js';

/** So many records does a list read at once: one after another take too long on shared storage. */
const LISTED_AT_ONCE = 16;

/**
 * Runs each job as a script of a batch system. What is known of a job lies in its record on storage
 * that the nodes share, where its own script writes when it began and how it ended; the system is
 * asked for the rest.
 */
export class BatchScheduler implements SchedulerPort {
  readonly capabilities: SchedulerCapabilities;
  private readonly records: JobRecords;
  private readonly looks: JobLooks;
  private readonly turns = new Semaphore(LISTED_AT_ONCE);

  constructor(
    private readonly system: BatchSystem,
    private readonly options: BatchOptions,
  ) {
    this.capabilities = system.capabilities;
    this.records = new JobRecords(options.recordDirectory);
    this.looks = new JobLooks(system, this.records);
  }

  plan(spec: JobSpec): readonly unknown[] {
    return [this.system.plan(spec, this.run(spec.name, 'RUN'))];
  }

  /** The nodes fetch images. */
  prepare(): Promise<Readiness> {
    return Promise.resolve('ready');
  }

  submit(spec: JobSpec, signal: AbortSignal): Promise<Job> {
    return this.ask(this.submitOnce(spec, signal));
  }

  find(name: JobName, signal: AbortSignal): Promise<Job> {
    return this.ask(this.look(name, signal));
  }

  list(signal: AbortSignal): Promise<readonly ListedJob[]> {
    return this.ask(this.listAll(signal));
  }

  /** There are no events: whoever wants to know reads the records. */
  async *watch(signal: AbortSignal): AsyncGenerator<JobHint> {
    yield { kind: 'relist' };
    if (!signal.aborted) await once(signal, 'abort');
  }

  logs(name: JobName, window: LogWindow, signal: AbortSignal): Promise<JobLog> {
    return this.ask(this.readLogs(name, window, signal));
  }

  stop(name: JobName, signal: AbortSignal): Promise<void> {
    return this.ask(this.end(name, signal));
  }

  remove(name: JobName, signal: AbortSignal): Promise<void> {
    return this.ask(this.endAndForget(name, signal));
  }

  async check(signal: AbortSignal): Promise<readonly CheckResult[]> {
    const [system, records] = await Promise.all([
      this.system.check(signal),
      this.checkRecords(signal),
    ]);
    return [...system, records];
  }

  private async submitOnce(spec: JobSpec, signal: AbortSignal): Promise<Job> {
    refuseWhatWouldChange(spec, this.options.runtime);
    await this.records.claim(createRecord(spec, randomUUID()), signal);
    const stored = await this.records.find(spec.name, signal);
    if (stored?.record.spec.specHash !== spec.specHash) throw nameTaken(spec.name);
    if (stored.job !== undefined) return this.looks.at(stored, signal);
    const { runId } = stored.record;
    const lock = await this.records.lock(spec.name, signal);
    if (lock === 'taken') throw backendUnavailable('another service is submitting the job');
    const [lost] = lock === 'again' ? await this.system.jobsOfRun(spec.name, runId, signal) : [];
    const job = lost ?? (await this.hand(spec, runId, signal));
    await this.records.confirm(spec.name, job, signal);
    return toJob(stored, () => 'unseen', this.system.name);
  }

  private async hand(spec: JobSpec, runId: string, signal: AbortSignal): Promise<string> {
    try {
      return await this.system.submit(spec, this.run(spec.name, runId), signal);
    } catch (error) {
      // Nothing is left of what was refused; an answer that was lost is looked for the next time.
      if (this.system.hasRefused(error)) await this.records.forget(spec.name, signal);
      throw this.system.toSubmitError(error, spec);
    }
  }

  private run(name: JobName, runId: string): Run {
    return { directory: this.records.folder(name), runId };
  }

  private async look(name: JobName, signal: AbortSignal): Promise<Job> {
    return this.looks.at(await this.stored(name, signal), signal);
  }

  private async listAll(signal: AbortSignal): Promise<readonly ListedJob[]> {
    const names = await this.records.list(signal);
    this.looks.keepOnly(names);
    const looks = Array.from(names, (name) =>
      this.turns.run(() => this.lookIfThere(name, signal), signal),
    );
    const jobs = await unlessHung(Promise.all(looks), signal);
    return jobs.flatMap((job) => (job === undefined ? [] : [{ name: job.name, mark: job.mark }]));
  }

  private async lookIfThere(name: JobName, signal: AbortSignal): Promise<Job | undefined> {
    const stored = await this.records.find(name, signal);
    return stored === undefined ? undefined : this.looks.at(stored, signal);
  }

  private async readLogs(name: JobName, window: LogWindow, signal: AbortSignal): Promise<JobLog> {
    const { record } = await this.stored(name, signal);
    const { workers } = record.spec;
    const share = logShare(window, workers);
    const files = Array.from({ length: workers }, (_, index) => `log.${index + 1}`);
    const folder = this.records.folder(name);
    const logs = files.map((file) => readFileTail([join(folder, file)], share));
    return { text: joinWorkerLogs(await unlessHung(Promise.all(logs), signal)) };
  }

  private async end(name: JobName, signal: AbortSignal): Promise<void> {
    if (hasEnded(await this.stored(name, signal))) return;
    await this.records.requestStop(name, signal);
    // Who has begun before the mark stands in the record by now.
    const stored = await this.stored(name, signal);
    const now = (): Promise<StoredJob | undefined> => this.records.find(name, signal);
    const jobs = await this.jobsOf(stored, signal);
    await Promise.all(jobs.map((job) => this.system.cancel(job, now, signal)));
  }

  /** A job that was submitted twice may run as another one than the one that was confirmed. */
  private async jobsOf(stored: StoredJob, signal: AbortSignal): Promise<readonly string[]> {
    const { record, job, workers } = stored;
    const { runId, spec } = record;
    const submitted =
      job === undefined ? await this.system.jobsOfRun(spec.name, runId, signal) : [job];
    const [first = ''] = submitted;
    const begun = workers.filter(({ launched }) => launched !== undefined);
    const running = begun.map((facts) => this.system.jobOf(first, facts));
    return [...new Set([...submitted, ...running])].filter((each) => each !== '');
  }

  private async endAndForget(name: JobName, signal: AbortSignal): Promise<void> {
    const stored = await this.stored(name, signal);
    await this.end(name, signal);
    // What has ended by its own record may still be clearing away its container.
    if (stored.job !== undefined && hasEnded(stored)) {
      const now = (): Promise<StoredJob | undefined> => this.records.find(name, signal);
      const jobs = await this.jobsOf(stored, signal);
      await Promise.all(jobs.map((job) => this.system.untilCleared(job, now, signal)));
    }
    if (!(await this.records.forget(name, signal))) throw jobNotFound(name);
  }

  private async stored(name: JobName, signal: AbortSignal): Promise<StoredJob> {
    const stored = await this.records.find(name, signal);
    if (stored === undefined) throw jobNotFound(name);
    return stored;
  }

  private async checkRecords(signal: AbortSignal): Promise<CheckResult> {
    const name = 'job records';
    try {
      await this.records.probe(signal);
      return { name, ok: true, detail: 'can be written to' };
    } catch (error) {
      const mend = 'let SLURM_RECORDS name a folder that this service and the nodes can write to';
      return { name, ok: false, detail: toRecordError(error).message, mend };
    }
  }

  /** @throws DomainError in the place of any other error */
  private async ask<T>(answer: Promise<T>): Promise<T> {
    try {
      return await answer;
    } catch (error) {
      throw this.system.toError(error);
    }
  }
}

function hasEnded({ workers }: StoredJob): boolean {
  return workers.every(({ end }) => end !== undefined);
}
