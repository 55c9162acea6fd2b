import type { ContainerInspectInfo } from 'dockerode';
import type { DockerEngine } from '../../../clients/docker-engine/docker-engine.js';
import type { CheckResult } from '../../../shared/check-result.js';
import type { EventLog } from '../../../shared/event-log.js';
import { within } from '../../../shared/within.js';
import type { Job } from '../../domain/job.js';
import type { JobName } from '../../domain/job-name.js';
import type { JobSpec } from '../../domain/job-spec.js';
import { MANAGED_BY, OWN_LABELS, parseWorkers } from '../../domain/own-labels.js';
import type {
  JobHint,
  JobLog,
  ListedJob,
  LogWindow,
  Readiness,
  SchedulerPort,
} from '../../domain/scheduler.port.js';
import { jobNotFound, nameInTransit } from '../../domain/scheduling-errors.js';
import { checkEngine } from './docker-check.js';
import { STOP_GRACE_SECONDS } from './docker-ends.js';
import { asSchedulingError, toSchedulingError } from '../docker-api/engine-errors.js';
import { PullCredentials } from '../docker-api/pull-credentials.js';
import { toPullError } from './docker-errors.js';
import { DockerDeferrals } from './docker-deferrals.js';
import { isWorker, toJob, toSubmittedJob } from './docker-job.js';
import { toListedContainer, toListedJobs } from './docker-list.js';
import { containerName, workerNumbers } from './docker-names.js';
import type { EngineOptions } from '../docker-api/engine-options.js';
import { STATE_MEANING } from './docker-status.js';
import { watchContainers } from './docker-watch.js';
import { DOCKER_CAPABILITIES } from './docker.capabilities.js';
import { Images } from './images.js';
import { JobLogs } from './job-logs.js';
import { JobRemoval } from './job-removal.js';
import { KeptJobs, toJob as toKeptJob, toListedKeptJob, type KeptJob } from './kept-jobs.js';
import { KnownWorkers } from './known-workers.js';
import { UnstartedSweep } from './unstarted-sweep.js';
import { WorkerContainers } from './worker-containers.js';

/** Nobody waits longer for an engine that is silent, in milliseconds. */
const LOOK_UP_MS = 2_000;

/** Whether what is kept under the name is this very job, and waits for its image only. */
function isPending({ failure, spec }: KeptJob, { specHash }: JobSpec): boolean {
  return failure === undefined && spec.specHash === specHash;
}

/** Runs each worker of a job as one container of Docker or Podman. */
export class DockerScheduler implements SchedulerPort {
  readonly capabilities = DOCKER_CAPABILITIES;
  readonly deferrals: DockerDeferrals;
  private readonly images: Images;
  private readonly containers: WorkerContainers;
  private readonly unstarted: UnstartedSweep;
  private readonly kept: KeptJobs;
  private readonly jobLogs: JobLogs;
  private readonly known = new KnownWorkers();
  private readonly removals: JobRemoval;
  private readonly warned = new Set<string>();

  constructor(
    private readonly engine: DockerEngine,
    options: EngineOptions,
    private readonly log: EventLog,
  ) {
    this.images = new Images(engine, new PullCredentials(options.registryAuthFile));
    this.containers = new WorkerContainers(engine, options, this.images);
    this.unstarted = new UnstartedSweep(engine, () => performance.now());
    this.kept = new KeptJobs(engine);
    const inspect = (name: JobName, signal: AbortSignal) => this.inspectWorkers(name, signal);
    this.removals = new JobRemoval(engine, this.kept, this.known, inspect);
    this.jobLogs = new JobLogs(engine, this.known);
    this.deferrals = new DockerDeferrals(engine, this.kept, this.containers);
  }

  plan(spec: JobSpec): readonly unknown[] {
    return this.containers.plan(spec);
  }

  async prepare(spec: JobSpec, signal: AbortSignal): Promise<Readiness> {
    try {
      return await this.images.ensure(spec.image, signal);
    } catch (error) {
      throw toPullError(error, spec, this.engine.hasAnswered);
    }
  }

  async submit(spec: JobSpec, signal: AbortSignal): Promise<Job> {
    const [created, kept] = await Promise.all([
      this.containers.create(spec, signal),
      this.ask(this.kept.find(spec.name, signal)),
    ]);
    if (kept !== undefined && !isPending(kept, spec)) {
      // Another replica has accepted it or another job of the name, and knows more of it.
      await this.containers.discardMade(created, signal);
      throw nameInTransit(spec.name);
    }
    const containers = await this.containers.start(spec, created, signal);
    const areNew = containers.every(({ isNew }) => isNew);
    // An inspect now would wait until the engine has dealt with the end of a short job.
    return areNew ? toSubmittedJob(spec, containers) : this.find(spec.name, signal);
  }

  async find(name: JobName, signal: AbortSignal): Promise<Job> {
    const job =
      (await this.findContainers(name, signal)) ??
      (await this.findKept(name, signal)) ??
      // What was kept may have become containers between the two looks.
      (await this.findContainers(name, signal));
    if (job === undefined) throw jobNotFound(name);
    return job;
  }

  async list(signal: AbortSignal): Promise<readonly ListedJob[]> {
    const filters = { label: [`${OWN_LABELS.managedBy}=${MANAGED_BY}`] };
    // Which engine it is decides what its states and its logs mean.
    const [containers, kept] = await this.ask(
      Promise.all([
        this.engine.listContainers(filters, toListedContainer, signal),
        this.kept.list(signal),
        this.engine.version(signal),
      ]),
    );
    const pending = kept.filter(({ failure }) => failure === undefined);
    const pendingNames = new Set(pending.map(({ spec }) => spec.name));
    // What cannot be removed now is tried again with the next list.
    await this.unstarted.sweep(containers, pendingNames, signal).catch(() => undefined);
    const jobs = toListedJobs(containers);
    const names = new Set(jobs.map(({ name }) => name));
    return [...jobs, ...kept.map(toListedKeptJob).filter(({ name }) => !names.has(name))];
  }

  async *watch(signal: AbortSignal): AsyncGenerator<JobHint> {
    try {
      yield* watchContainers(this.engine, signal);
    } catch (error) {
      throw toSchedulingError(error, this.engine.hasAnswered);
    }
  }

  async logs(name: JobName, window: LogWindow, signal: AbortSignal): Promise<JobLog> {
    const log = await this.ask(this.jobLogs.readKnown(name, window, signal));
    if (log !== undefined) return log;
    const containers = await within(LOOK_UP_MS, signal, (limit) =>
      this.inspectWorkers(name, limit),
    );
    if (containers === undefined) return this.logOfKept(name, signal);
    return this.ask(this.jobLogs.read(containers, window, signal));
  }

  async stop(name: JobName, signal: AbortSignal): Promise<void> {
    const containers = await this.inspectWorkers(name, signal);
    if (containers === undefined) return this.cancelKept(name, signal);
    const running = containers.filter((container) => container?.State.Running);
    await this.ask(
      Promise.all(
        running.map((container) =>
          this.engine.stopContainer(container?.Id ?? '', STOP_GRACE_SECONDS, signal),
        ),
      ),
    );
  }

  remove(name: JobName, signal: AbortSignal): Promise<void> {
    return this.ask(this.removals.remove(name, signal));
  }

  now(signal: AbortSignal): Promise<number> {
    return this.ask(this.engine.now(signal));
  }

  check(signal: AbortSignal): Promise<readonly CheckResult[]> {
    return checkEngine(this.engine, signal);
  }

  private async findContainers(name: JobName, signal: AbortSignal): Promise<Job | undefined> {
    const workers = await this.inspectWorkers(name, signal);
    return workers && toJob(name, workers[0], workers.slice(1), this.engine.kind);
  }

  private async findKept(name: JobName, signal: AbortSignal): Promise<Job | undefined> {
    const kept = await this.ask(this.kept.find(name, signal));
    return kept && toKeptJob(kept);
  }

  private async logOfKept(name: JobName, signal: AbortSignal): Promise<JobLog> {
    if ((await this.ask(this.kept.find(name, signal))) === undefined) throw jobNotFound(name);
    return { text: '' };
  }

  private async cancelKept(name: JobName, signal: AbortSignal): Promise<void> {
    const kept = await this.ask(this.kept.find(name, signal));
    if (kept === undefined) throw jobNotFound(name);
    const message = 'cancelled before its image was there';
    await this.deferrals.fail(name, kept.id, { reason: 'Cancelled', message }, signal);
  }

  /** The first worker's container and the others', in order; nothing when there is no such job. */
  private async inspectWorkers(
    name: JobName,
    signal: AbortSignal,
  ): Promise<[ContainerInspectInfo, ...(ContainerInspectInfo | undefined)[]] | undefined> {
    const first = await this.inspectWorker(name, 0, signal);
    if (first === undefined) return undefined;
    const others = workerNumbers(parseWorkers(first.Config.Labels)).slice(1);
    const found = await Promise.all(others.map((other) => this.inspectWorker(name, other, signal)));
    this.known.see(name, [first, ...found]);
    return [first, ...found];
  }

  private async inspectWorker(
    name: JobName,
    worker: number,
    signal: AbortSignal,
  ): Promise<ContainerInspectInfo | undefined> {
    const container = await this.ask(
      this.engine.findContainer(containerName(name, worker), signal),
    );
    if (container === undefined || !isWorker(container, name, worker)) return undefined;
    this.warnOfUnknownState(container.State.Status);
    return container;
  }

  private warnOfUnknownState(state: string): void {
    if (STATE_MEANING.has(state) || this.warned.has(state)) return;
    this.warned.add(state);
    this.log.warn('the engine reports a container state that is not known', { state });
  }

  private ask<T>(answer: Promise<T>): Promise<T> {
    return asSchedulingError(this.engine, answer);
  }
}
