import { randomUUID } from 'node:crypto';
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
import { joinWorkerLogs, logShare } from '../../domain/worker-logs.js';
import { createCgroups, removeCgroups } from './cgroup-files.js';
import { assertCommandExists } from './command-lookup.js';
import { assertInTime, endBy } from './deadline.js';
import type { HostAbilities } from './host-abilities.js';
import { watchRecords } from './job-hints.js';
import { JobList } from './job-list.js';
import { createRecord, type JobRecord } from './job-record.js';
import { launchWorker } from './launcher.js';
import { readLogTail } from './log-tail.js';
import { processCapabilities } from './process.capabilities.js';
import { checkHost } from './process-check.js';
import { hasErrno, toSchedulingError } from './process-errors.js';
import { planWorker, workerCgroups, type WorkerPlace } from './process-request.js';
import { RecordStore } from './record-store.js';
import { toJob, workerStates, type SeenJob } from './seen-job.js';
import { endWorker } from './terminator.js';
import { cancelWorker, isLaunched, readWorker } from './worker-files.js';

export interface ProcessOptions {
  /** Absolute; kept between starts of the service, on a local disk. */
  readonly recordDirectory: string;
}

/** Runs each worker of a job as a process of this host that outlives the service. */
export class ProcessScheduler implements SchedulerPort {
  readonly capabilities: SchedulerCapabilities;
  private readonly records: RecordStore;
  private readonly jobs: JobList;

  constructor(
    private readonly options: ProcessOptions,
    private readonly host: HostAbilities,
  ) {
    this.capabilities = processCapabilities(host);
    this.records = new RecordStore(options.recordDirectory);
    this.jobs = new JobList(this.records, (record) => this.look(record));
  }

  plan(spec: JobSpec): readonly unknown[] {
    const record = createRecord(spec, 'RUN', this.capabilities);
    return this.places(record).map((place) => planWorker(spec, place, this.host));
  }

  /** Images play no part here. */
  prepare(): Promise<Readiness> {
    return Promise.resolve('ready');
  }

  now(): Promise<number> {
    return Promise.resolve(Date.now());
  }

  submit(spec: JobSpec, signal: AbortSignal): Promise<Job> {
    return this.attempt(signal, async () => {
      const present = await this.records.find(spec.name);
      if (present.kind === 'none') {
        await assertCommandExists(spec);
        // Of several that are as fast, one makes the record and all of them go on with it.
        await this.records.claim(createRecord(spec, randomUUID(), this.capabilities));
      }
      return this.resume(spec, signal);
    });
  }

  find(name: JobName, signal: AbortSignal): Promise<Job> {
    return this.attempt(signal, async () => toJob(await this.see(name)));
  }

  list(signal: AbortSignal): Promise<readonly ListedJob[]> {
    return this.attempt(signal, () => this.jobs.read());
  }

  watch(signal: AbortSignal): AsyncIterable<JobHint> {
    return watchRecords(this.records, signal);
  }

  logs(name: JobName, window: LogWindow, signal: AbortSignal): Promise<JobLog> {
    return this.attempt(signal, async () => {
      const record = await this.recordOf(name);
      const places = this.places(record);
      const share = logShare(window, places.length);
      const logs = await Promise.all(places.map(({ directory }) => readLogTail(directory, share)));
      return { text: joinWorkerLogs(logs) };
    }).catch((error: unknown) => this.orNotFound(name, error));
  }

  stop(name: JobName, signal: AbortSignal): Promise<void> {
    return this.attempt(signal, async () => {
      const seen = await this.see(name);
      const finished = workerStates(seen).map(({ status }) => isFinal(status));
      const unfinished = this.places(seen.record).filter((_, index) => finished[index] === false);
      await this.end(unfinished, signal);
    });
  }

  remove(name: JobName, signal: AbortSignal): Promise<void> {
    return this.attempt(signal, async () => {
      const places = this.places(await this.recordOf(name));
      await this.end(places, signal);
      for (const place of places) await removeCgroups(workerCgroups(place, this.host));
      if (!(await this.records.forget(name))) throw jobNotFound(name);
    }).catch((error: unknown) => this.orNotFound(name, error));
  }

  check(signal: AbortSignal): Promise<readonly CheckResult[]> {
    return checkHost(this.options.recordDirectory, this.host, signal);
  }

  /** Launches the workers that nobody has launched yet. */
  private async resume(spec: JobSpec, signal: AbortSignal): Promise<Job> {
    const found = await this.records.find(spec.name);
    if (found.kind === 'none') throw backendUnavailable('the job was removed meanwhile');
    if (found.kind === 'foreign' || found.record.spec.specHash !== spec.specHash) {
      throw nameTaken(spec.name);
    }
    const places = this.places(found.record);
    try {
      for (const place of places) await this.launch(spec, place, signal);
    } catch (error) {
      const translated = toSchedulingError(error);
      if (!translated.retryable) await this.withdraw(spec.name, places);
      throw translated;
    }
    return toJob(await this.see(spec.name));
  }

  private async launch(spec: JobSpec, place: WorkerPlace, signal: AbortSignal): Promise<void> {
    assertInTime(signal);
    if (await isLaunched(place.directory)) return;
    const plan = planWorker(spec, place, this.host);
    await createCgroups(plan.cgroups);
    await launchWorker(plan, place.directory, signal);
  }

  /** Leaves nothing behind of a job that was refused, unless a part of it runs. */
  private async withdraw(name: JobName, places: readonly WorkerPlace[]): Promise<void> {
    for (const { directory } of places) if (!(await cancelWorker(directory))) return;
    for (const place of places) await removeCgroups(workerCgroups(place, this.host));
    await this.records.forget(name);
  }

  private async end(places: readonly WorkerPlace[], signal: AbortSignal): Promise<void> {
    await Promise.all(
      places.map((place) => {
        const cgroups = workerCgroups(place, this.host);
        return endWorker({ directory: place.directory, cgroups }, signal);
      }),
    );
  }

  private async see(name: JobName): Promise<SeenJob> {
    for (;;) {
      const seen = await this.look(await this.recordOf(name));
      if (seen.workers.every(({ launch }) => launch !== undefined)) return seen;
      // Nothing was found where the job was removed meanwhile: that is no job that waits.
      if ((await this.recordOf(name)).runId === seen.record.runId) return seen;
    }
  }

  private async look(record: JobRecord): Promise<SeenJob> {
    const places = this.places(record);
    const workers = await Promise.all(places.map(({ directory }) => readWorker(directory)));
    return { record, workers };
  }

  private async recordOf(name: JobName): Promise<JobRecord> {
    const found = await this.records.find(name);
    if (found.kind !== 'record') throw jobNotFound(name);
    return found.record;
  }

  private places({ runId, spec: { name, workers } }: JobRecord): readonly WorkerPlace[] {
    return Array.from({ length: workers }, (_, index) => ({
      worker: index + 1,
      directory: this.records.workerDirectory(name, runId, index + 1),
      group: `${runId}.${index + 1}`,
      hintFile: this.records.hintFile(name),
    }));
  }

  private async attempt<T>(signal: AbortSignal, action: () => Promise<T>): Promise<T> {
    try {
      assertInTime(signal);
      return await endBy(signal, action());
    } catch (error) {
      throw toSchedulingError(error);
    }
  }

  /** A file that is missing may mean that somebody else has removed the job just now. */
  private async orNotFound(name: JobName, error: unknown): Promise<never> {
    const { cause } = toSchedulingError(error);
    if (hasErrno(cause, 'ENOENT')) await this.recordOf(name);
    throw error;
  }
}
