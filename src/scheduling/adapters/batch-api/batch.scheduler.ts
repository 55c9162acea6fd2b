import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { readFileTail } from '../../../clients/filesystem/file-tail.js';
import type { CheckResult } from '../../../shared/check-result.js';
import type { SchedulerCapabilities } from '../../domain/capabilities.js';
import type { Job } from '../../domain/job.js';
import type { JobName } from '../../domain/job-name.js';
import type { JobSpec } from '../../domain/job-spec.js';
import { isFinal } from '../../domain/job-status.js';
import type {
  JobHint,
  JobLog,
  ListedJob,
  LogWindow,
  Readiness,
  SchedulerPort,
} from '../../domain/scheduler.port.js';
import { backendUnavailable, jobNotFound, nameTaken } from '../../domain/scheduling-errors.js';
import { joinWorkerLogs } from '../../domain/worker-logs.js';
import { toJob } from './batch-job.js';
import type { BatchOptions } from './batch-options.js';
import type { BatchSystem } from './batch-system.js';
import { createRecord, type JobRecord } from './job-record.js';
import { JobRecords, type StoredJob } from './job-records.js';
import type { Run } from './job-script.js';
import { toRecordError } from './record-errors.js';
import { refuseWhatWouldChange } from './runtime-refusals.js';
import type { WorkerFacts } from './worker-files.js';
import type { WorkerSight } from './worker-status.js';

/** Of a worker that has written nothing. */
const NOTHING: WorkerFacts = {
  launched: undefined,
  startedAt: undefined,
  end: undefined,
  isCleared: false,
};

/**
 * Runs each job as a script of a batch system. What is known of a job lies in its record on storage
 * that the nodes share, where its own script writes when it began and how it ended; the system is
 * asked for the rest.
 */
export class BatchScheduler implements SchedulerPort {
  readonly capabilities: SchedulerCapabilities;
  private readonly records: JobRecords;
  /** Jobs that have ended, by the mark of their record: nothing of them changes any more. */
  private readonly ended = new Map<JobName, { readonly mark: string; readonly job: Job }>();
  /** When a run was first seen submitted: an earlier look at the queue says nothing about it. */
  private readonly firstSeen = new Map<JobName, { readonly runId: string; readonly at: number }>();

  constructor(
    private readonly system: BatchSystem,
    private readonly options: BatchOptions,
  ) {
    this.capabilities = system.capabilities;
    this.records = new JobRecords(options.recordDirectory);
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

  logs(name: JobName, window: LogWindow, _signal: AbortSignal): Promise<JobLog> {
    return this.ask(this.readLogs(name, window));
  }

  stop(name: JobName, signal: AbortSignal): Promise<void> {
    return this.ask(this.end(name, signal));
  }

  remove(name: JobName, signal: AbortSignal): Promise<void> {
    return this.ask(this.endAndForget(name, signal));
  }

  async check(signal: AbortSignal): Promise<readonly CheckResult[]> {
    return [...(await this.system.check(signal)), await this.checkRecords()];
  }

  private async submitOnce(spec: JobSpec, signal: AbortSignal): Promise<Job> {
    refuseWhatWouldChange(spec, this.options.runtime);
    await this.records.claim(createRecord(spec, randomUUID()));
    const stored = await this.records.find(spec.name);
    if (stored?.record.spec.specHash !== spec.specHash) throw nameTaken(spec.name);
    if (stored.job !== undefined) return this.seen(stored, signal);
    const { runId } = stored.record;
    const lock = await this.records.lock(spec.name);
    if (lock === 'taken') throw backendUnavailable('another service is submitting the job');
    const [lost] = lock === 'again' ? await this.system.jobsOfRun(spec.name, runId, signal) : [];
    await this.records.confirm(spec.name, lost ?? (await this.hand(spec, runId, signal)));
    return this.jobOf(stored, () => 'unseen');
  }

  private async hand(spec: JobSpec, runId: string, signal: AbortSignal): Promise<string> {
    try {
      return await this.system.submit(spec, this.run(spec.name, runId), signal);
    } catch (error) {
      // Nothing is left of what was refused; an answer that was lost is looked for the next time.
      if (this.system.hasRefused(error)) await this.records.forget(spec.name);
      throw this.system.toSubmitError(error, spec);
    }
  }

  private run(name: JobName, runId: string): Run {
    return { directory: this.records.folder(name), runId };
  }

  private jobOf(stored: StoredJob, listed: (worker: number) => WorkerSight['listed']): Job {
    return toJob(stored, listed, this.system.name);
  }

  private async look(name: JobName, signal: AbortSignal): Promise<Job> {
    return this.seen(await this.stored(name), signal);
  }

  /** The job by its own record where that says everything, else also by the queue. */
  private async seen(stored: StoredJob, signal: AbortSignal): Promise<Job> {
    const { record, job } = stored;
    const own = this.jobOf(stored, () => 'unseen');
    if (job === undefined || isFinal(own.state.status)) return own;
    const since = this.sightOf(record);
    const look = await this.system.look(signal);
    if (look.asOf < since) return own;
    // Read again: what has left the queue since may have written its end before.
    const now = (await this.records.find(record.spec.name)) ?? stored;
    const total = record.spec.workers;
    return this.jobOf(now, (worker) => {
      const facts = now.workers[worker - 1] ?? NOTHING;
      return look.listed(this.system.jobOf(job, facts), worker, total, facts);
    });
  }

  private sightOf({ runId, spec: { name } }: JobRecord): number {
    const known = this.firstSeen.get(name);
    if (known?.runId === runId) return known.at;
    const at = performance.now();
    this.firstSeen.set(name, { runId, at });
    return at;
  }

  private async listAll(signal: AbortSignal): Promise<readonly ListedJob[]> {
    const marks = await this.records.list();
    for (const known of [this.ended, this.firstSeen]) {
      for (const name of known.keys()) if (!marks.has(name)) known.delete(name);
    }
    const listed: ListedJob[] = [];
    for (const [name, mark] of marks) {
      const known = this.ended.get(name);
      const job = known?.mark === mark ? known.job : await this.lookIfThere(name, signal);
      if (job === undefined) continue;
      if (isFinal(job.state.status)) this.ended.set(name, { mark, job });
      listed.push({ name, mark: job.mark });
    }
    return listed;
  }

  private async lookIfThere(name: JobName, signal: AbortSignal): Promise<Job | undefined> {
    const stored = await this.records.find(name);
    return stored === undefined ? undefined : this.seen(stored, signal);
  }

  private async readLogs(name: JobName, window: LogWindow): Promise<JobLog> {
    const { record } = await this.stored(name);
    const { workers } = record.spec;
    const share = { ...window, bytes: Math.floor(window.bytes / workers) };
    const files = Array.from({ length: workers }, (_, index) => `log.${index + 1}`);
    const folder = this.records.folder(name);
    const logs = files.map((file) => readFileTail([join(folder, file)], share));
    return { text: joinWorkerLogs(await Promise.all(logs)) };
  }

  private async end(name: JobName, signal: AbortSignal): Promise<void> {
    const { record, job, workers } = await this.stored(name);
    if (workers.every(({ end }) => end !== undefined)) return;
    await this.records.requestStop(name);
    const jobs =
      job === undefined ? await this.system.jobsOfRun(name, record.runId, signal) : [job];
    for (const each of jobs) {
      await this.system.cancel(each, () => this.records.find(name), signal);
    }
  }

  private async endAndForget(name: JobName, signal: AbortSignal): Promise<void> {
    const { job, workers } = await this.stored(name);
    await this.end(name, signal);
    // What has ended by its own record may still be clearing away its container.
    if (job !== undefined && workers.every(({ end }) => end !== undefined)) {
      await this.system.untilCleared(job, () => this.records.find(name), signal);
    }
    if (!(await this.records.forget(name))) throw jobNotFound(name);
  }

  private async stored(name: JobName): Promise<StoredJob> {
    const stored = await this.records.find(name);
    if (stored === undefined) throw jobNotFound(name);
    return stored;
  }

  private async checkRecords(): Promise<CheckResult> {
    const name = 'job records';
    try {
      await this.records.probe();
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
