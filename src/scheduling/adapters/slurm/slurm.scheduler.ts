import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { readFileTail } from '../../../clients/filesystem/file-tail.js';
import type { SlurmCommands } from '../../../clients/slurm/slurm-commands.js';
import { SlurmError } from '../../../clients/slurm/slurm-error.js';
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
import { checkSlurm } from './slurm-check.js';
import { SlurmControl } from './slurm-control.js';
import { asSchedulingError, toSubmitError } from './slurm-errors.js';
import { toJob } from './slurm-job.js';
import type { SlurmOptions } from './slurm-options.js';
import { SlurmQueue } from './slurm-queue.js';
import { createRecord, type SlurmRecord } from './slurm-record.js';
import { refuseWhatWouldChange } from './slurm-refusals.js';
import { SlurmRecords, type StoredJob } from './slurm-records.js';
import { buildSubmission } from './slurm-request.js';
import { slurmCapabilities } from './slurm.capabilities.js';

/**
 * Runs each job by `sbatch`. What is known of a job lies in its record on storage that the nodes
 * share, where its own script writes when it began and how it ended; SLURM is asked for the rest.
 */
export class SlurmScheduler implements SchedulerPort {
  readonly capabilities: SchedulerCapabilities;
  private readonly records: SlurmRecords;
  private readonly queue: SlurmQueue;
  private readonly control: SlurmControl;
  /** Jobs that have ended, by the mark of their record: nothing of them changes any more. */
  private readonly ended = new Map<JobName, { readonly mark: string; readonly job: Job }>();
  /** When a run was first seen submitted: an earlier look at the queue says nothing about it. */
  private readonly firstSeen = new Map<JobName, { readonly runId: string; readonly at: number }>();

  constructor(
    commands: SlurmCommands,
    private readonly options: SlurmOptions,
  ) {
    this.capabilities = slurmCapabilities(options.runtime);
    this.records = new SlurmRecords(options.recordDirectory);
    this.queue = new SlurmQueue(commands, options.accounting);
    this.control = new SlurmControl(commands);
  }

  plan(spec: JobSpec): readonly unknown[] {
    return [this.submission(spec, 'RUN')];
  }

  /** The nodes fetch images. */
  prepare(): Promise<Readiness> {
    return Promise.resolve('ready');
  }

  submit(spec: JobSpec, signal: AbortSignal): Promise<Job> {
    return asSchedulingError(this.submitOnce(spec, signal));
  }

  find(name: JobName, signal: AbortSignal): Promise<Job> {
    return asSchedulingError(this.look(name, signal));
  }

  list(signal: AbortSignal): Promise<readonly ListedJob[]> {
    return asSchedulingError(this.listAll(signal));
  }

  /** There are no events: whoever wants to know reads the records. */
  async *watch(signal: AbortSignal): AsyncGenerator<JobHint> {
    yield { kind: 'relist' };
    if (!signal.aborted) await once(signal, 'abort');
  }

  logs(name: JobName, window: LogWindow, _signal: AbortSignal): Promise<JobLog> {
    return asSchedulingError(this.readLogs(name, window));
  }

  stop(name: JobName, signal: AbortSignal): Promise<void> {
    return asSchedulingError(this.end(name, signal));
  }

  remove(name: JobName, signal: AbortSignal): Promise<void> {
    return asSchedulingError(this.endAndForget(name, signal));
  }

  check(signal: AbortSignal): Promise<readonly CheckResult[]> {
    return checkSlurm(this.control, this.records, signal);
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
    const [lost] = lock === 'again' ? await this.control.jobsOfRun(spec.name, runId, signal) : [];
    await this.records.confirm(spec.name, lost ?? (await this.hand(spec, runId, signal)));
    return toJob(stored, () => 'unseen');
  }

  private async hand(spec: JobSpec, runId: string, signal: AbortSignal): Promise<string> {
    try {
      return await this.control.submit(this.submission(spec, runId), signal);
    } catch (error) {
      // Nothing is left of what SLURM refused; an answer that was lost is looked for the next time.
      if (error instanceof SlurmError && error.hasAnswered) await this.records.forget(spec.name);
      throw toSubmitError(error, spec);
    }
  }

  private submission(spec: JobSpec, runId: string): ReturnType<typeof buildSubmission> {
    const directory = this.records.folder(spec.name);
    return buildSubmission(spec, { directory, runId }, this.options);
  }

  private async look(name: JobName, signal: AbortSignal): Promise<Job> {
    return this.seen(await this.stored(name), signal);
  }

  /** The job by its own record where that says everything, else also by the queue. */
  private async seen(stored: StoredJob, signal: AbortSignal): Promise<Job> {
    const { record, job } = stored;
    const own = toJob(stored, () => 'unseen');
    if (job === undefined || isFinal(own.state.status)) return own;
    const since = this.sightOf(record);
    const snapshot = await this.queue.current(signal);
    if (snapshot.asOf < since) return own;
    // Read again: what has left the queue since may have written its end before.
    const now = (await this.records.find(record.spec.name)) ?? stored;
    const total = record.spec.workers;
    return toJob(now, (worker) => {
      // Of a job that was submitted twice, the one that runs.
      const running = now.workers[worker - 1]?.launched?.job ?? job;
      return this.queue.rowOf(snapshot, running, worker, total);
    });
  }

  private sightOf({ runId, spec: { name } }: SlurmRecord): number {
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
      job === undefined ? await this.control.jobsOfRun(name, record.runId, signal) : [job];
    const hasEnded = async (): Promise<boolean> => {
      const now = await this.records.find(name);
      return now === undefined || now.workers.every(({ end }) => end !== undefined);
    };
    for (const each of jobs) {
      await this.control.cancel(each, signal);
      await this.control.untilEnded(each, hasEnded, signal);
    }
  }

  private async endAndForget(name: JobName, signal: AbortSignal): Promise<void> {
    const { job, workers } = await this.stored(name);
    await this.end(name, signal);
    // What has ended by its own record may still be clearing away its container.
    if (job !== undefined && workers.every(({ end }) => end !== undefined)) {
      await this.control.untilCleared(job, signal);
    }
    if (!(await this.records.forget(name))) throw jobNotFound(name);
  }

  private async stored(name: JobName): Promise<StoredJob> {
    const stored = await this.records.find(name);
    if (stored === undefined) throw jobNotFound(name);
    return stored;
  }
}
