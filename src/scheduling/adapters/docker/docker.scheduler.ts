import type { ContainerCreateOptions, ContainerInspectInfo } from 'dockerode';
import type { DockerEngine } from '../../../clients/docker-engine/docker-engine.js';
import type { CheckResult } from '../../../shared/check-result.js';
import type { EventLog } from '../../../shared/event-log.js';
import type { Job } from '../../domain/job.js';
import type { JobName } from '../../domain/job-name.js';
import type { JobSpec } from '../../domain/job-spec.js';
import { MANAGED_BY, OWN_LABELS, parseWorkers } from '../../domain/own-labels.js';
import type {
  JobHint,
  JobLog,
  ListedJob,
  LogWindow,
  SchedulerPort,
} from '../../domain/scheduler.port.js';
import { jobNotFound, nameTaken } from '../../domain/scheduling-errors.js';
import { joinWorkerLogs } from '../../domain/worker-logs.js';
import { checkEngine } from './docker-check.js';
import { STOP_GRACE_SECONDS, discardContainer, haltContainer } from './docker-ends.js';
import {
  isImageMissing,
  isNameInUse,
  toCreateError,
  toPullError,
  toSchedulingError,
  toStartError,
} from './docker-errors.js';
import { isWorker, specHashOf, toJob, toSubmittedJob } from './docker-job.js';
import { toListedJobs } from './docker-list.js';
import { readContainerLog } from './docker-logs.js';
import { containerName } from './docker-names.js';
import type { DockerOptions } from './docker-options.js';
import { buildContainer } from './docker-request.js';
import { STATE_MEANING } from './docker-status.js';
import { watchContainers } from './docker-watch.js';
import { DOCKER_CAPABILITIES } from './docker.capabilities.js';
import { refuseGpus } from './gpu-support.js';
import { Images } from './images.js';

/** A worker's container, made by this submission or by an earlier one. */
export interface Created {
  readonly id: string;
  readonly isNew: boolean;
}

/** Runs each worker of a job as one container of Docker or Podman. */
export class DockerScheduler implements SchedulerPort {
  readonly capabilities = DOCKER_CAPABILITIES;
  private readonly images: Images;
  private readonly warned = new Set<string>();

  constructor(
    private readonly engine: DockerEngine,
    private readonly options: DockerOptions,
    private readonly log: EventLog,
  ) {
    this.images = new Images(engine);
  }

  plan(spec: JobSpec): readonly unknown[] {
    return workerNumbers(spec.workers).map((worker) => this.container(spec, worker));
  }

  async prepare(spec: JobSpec, signal: AbortSignal): Promise<void> {
    try {
      await this.images.ensure(spec.image, signal);
    } catch (error) {
      throw toPullError(error, spec, this.engine.hasAnswered);
    }
  }

  async submit(spec: JobSpec, signal: AbortSignal): Promise<Job> {
    const version = await this.ask(this.engine.version(signal));
    if (spec.gpuLimit > 0) refuseGpus(version);
    const containers: Created[] = [];
    // The first worker's container is what look-ups see, so it comes last: a job that is seen is whole.
    for (const worker of workerNumbers(spec.workers).toReversed()) {
      containers.unshift(await this.create(spec, worker, signal));
    }
    const areNew = await this.startAll(spec, containers, signal);
    // An inspect now would wait until the engine has dealt with the end of a short job.
    return areNew ? toSubmittedJob(spec, containers) : this.find(spec.name, signal);
  }

  async find(name: JobName, signal: AbortSignal): Promise<Job> {
    const [first, ...others] = await this.inspectWorkers(name, signal);
    return toJob(name, first, others, this.engine.kind);
  }

  async list(signal: AbortSignal): Promise<readonly ListedJob[]> {
    const filters = { label: [`${OWN_LABELS.managedBy}=${MANAGED_BY}`] };
    return toListedJobs(await this.ask(this.engine.listContainers(filters, signal)));
  }

  async *watch(signal: AbortSignal): AsyncGenerator<JobHint> {
    try {
      yield* watchContainers(this.engine, signal);
    } catch (error) {
      throw toSchedulingError(error, this.engine.hasAnswered);
    }
  }

  async logs(name: JobName, window: LogWindow, signal: AbortSignal): Promise<JobLog> {
    const containers = await this.inspectWorkers(name, signal);
    const share = { ...window, bytes: Math.floor(window.bytes / containers.length) };
    const logs = await this.ask(
      Promise.all(
        containers.map(async (container) =>
          container === undefined ? '' : readContainerLog(this.engine, container.Id, share, signal),
        ),
      ),
    );
    return { text: joinWorkerLogs(logs) };
  }

  async stop(name: JobName, signal: AbortSignal): Promise<void> {
    const containers = await this.inspectWorkers(name, signal);
    const running = containers.filter((container) => container?.State.Running);
    await this.ask(
      Promise.all(
        running.map((container) =>
          this.engine.stopContainer(container?.Id ?? '', STOP_GRACE_SECONDS, signal),
        ),
      ),
    );
  }

  async remove(name: JobName, signal: AbortSignal): Promise<void> {
    const workers = await this.inspectWorkers(name, signal);
    const present = workers.filter((worker) => worker !== undefined);
    await this.ask(
      Promise.all(present.map((worker) => haltContainer(this.engine, worker, signal))),
    );
    // The first worker goes last: until then a repeated DELETE still finds the job.
    for (const { Id } of present.toReversed())
      await this.ask(discardContainer(this.engine, Id, signal));
  }

  check(signal: AbortSignal): Promise<readonly CheckResult[]> {
    return checkEngine(this.engine, signal);
  }

  private container(spec: JobSpec, worker: number): ContainerCreateOptions {
    return buildContainer(spec, worker, this.options, this.engine.kind);
  }

  /** Creates a worker's container, or finds the one that an earlier attempt created. */
  private async create(spec: JobSpec, worker: number, signal: AbortSignal): Promise<Created> {
    const body = this.container(spec, worker);
    try {
      return { id: await this.engine.createContainer(body, signal), isNew: true };
    } catch (error) {
      if (isNameInUse(error)) return this.adopt(spec, worker, signal);
      if (isImageMissing(error)) this.images.forget(spec.image);
      throw toCreateError(error, spec, this.engine.hasAnswered);
    }
  }

  private async adopt(spec: JobSpec, worker: number, signal: AbortSignal): Promise<Created> {
    const container = await this.ask(
      this.engine.findContainer(containerName(spec.name, worker), signal),
    );
    if (
      container === undefined ||
      !isWorker(container, spec.name, worker) ||
      specHashOf(container) !== spec.specHash
    ) {
      throw nameTaken(spec.name);
    }
    return { id: container.Id, isNew: false };
  }

  /**
   * Starts what was never started. When the engine refuses one, none of them stays.
   * @returns whether all of them were made by this submission.
   */
  private async startAll(
    spec: JobSpec,
    containers: readonly Created[],
    signal: AbortSignal,
  ): Promise<boolean> {
    try {
      for (const container of containers) await this.startOnce(container, signal);
      return containers.every(({ isNew }) => isNew);
    } catch (error) {
      const translated = toStartError(error, spec, this.engine.hasAnswered);
      if (!translated.retryable) {
        for (const { id } of containers.toReversed())
          await this.ask(discardContainer(this.engine, id, signal));
      }
      throw translated;
    }
  }

  /** A start of a container that has ended would run the job again. */
  private async startOnce({ id, isNew }: Created, signal: AbortSignal): Promise<void> {
    if (!isNew) {
      const container = await this.engine.findContainer(id, signal);
      if (container === undefined || STATE_MEANING.get(container.State.Status) !== 'waiting')
        return;
    }
    await this.engine.startContainer(id, signal);
  }

  private async inspectWorkers(
    name: JobName,
    signal: AbortSignal,
  ): Promise<[ContainerInspectInfo, ...(ContainerInspectInfo | undefined)[]]> {
    const first = await this.inspectWorker(name, 0, signal);
    if (first === undefined) throw jobNotFound(name);
    const others = workerNumbers(parseWorkers(first.Config.Labels)).slice(1);
    return [
      first,
      ...(await Promise.all(others.map((worker) => this.inspectWorker(name, worker, signal)))),
    ];
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

  private async ask<T>(answer: Promise<T>): Promise<T> {
    try {
      return await answer;
    } catch (error) {
      throw toSchedulingError(error, this.engine.hasAnswered);
    }
  }
}

function workerNumbers(workers: number): number[] {
  return Array.from({ length: workers }, (_, worker) => worker);
}
