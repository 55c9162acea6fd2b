import type { ContainerInspectInfo } from 'dockerode';
import type { DockerEngine } from '../../../clients/docker-engine/docker-engine.js';
import { EngineError } from '../../../clients/docker-engine/engine-error.js';
import type { CheckResult } from '../../../shared/check-result.js';
import type { EventLog } from '../../../shared/event-log.js';
import type { Job } from '../../domain/job.js';
import type { JobName } from '../../domain/job-name.js';
import type { JobSpec } from '../../domain/job-spec.js';
import { OWN_LABELS } from '../../domain/own-labels.js';
import type { LogWindow, SchedulerPort } from '../../domain/scheduler.port.js';
import { jobNotFound, nameTaken } from '../../domain/scheduling-errors.js';
import { joinWorkerLogs } from '../../domain/worker-logs.js';
import { checkEngine } from './docker-check.js';
import {
  isImageMissing,
  isNameInUse,
  toCreateError,
  toPullError,
  toSchedulingError,
  toStartError,
} from './docker-errors.js';
import { isWorker, specHashOf, toJob, workersOf } from './docker-job.js';
import { readContainerLog } from './docker-logs.js';
import { containerName } from './docker-names.js';
import type { DockerOptions } from './docker-options.js';
import { buildContainer } from './docker-request.js';
import { STATE_MEANING } from './docker-status.js';
import { DOCKER_CAPABILITIES } from './docker.capabilities.js';
import { refuseGpus } from './gpu-support.js';
import { ImagePulls } from './image-pulls.js';

/** Time between SIGTERM and SIGKILL, in seconds: the data of a cancelled job is of no use. */
const STOP_GRACE_SECONDS = 1;

/** Runs each worker of a job as one container of Docker or Podman. */
export class DockerScheduler implements SchedulerPort {
  readonly capabilities = DOCKER_CAPABILITIES;
  private readonly pulls: ImagePulls;
  private readonly warned = new Set<string>();

  constructor(
    private readonly engine: DockerEngine,
    private readonly options: DockerOptions,
    private readonly log: EventLog,
  ) {
    this.pulls = new ImagePulls(engine);
  }

  plan(spec: JobSpec): readonly unknown[] {
    return workerNumbers(spec.workers).map((worker) => buildContainer(spec, worker, this.options));
  }

  async submit(spec: JobSpec, signal: AbortSignal): Promise<Job> {
    if (spec.gpuLimit > 0) refuseGpus(await this.ask(this.engine.version(signal)));
    const ids: string[] = [];
    // The first worker's container is what look-ups see, so it comes last: a job that is seen is whole.
    for (const worker of workerNumbers(spec.workers).toReversed()) {
      ids.unshift(await this.create(spec, worker, signal));
    }
    await this.startAll(ids, signal);
    return this.find(spec.name, signal);
  }

  async find(name: JobName, signal: AbortSignal): Promise<Job> {
    const [first, ...others] = await this.inspectWorkers(name, signal);
    return toJob(name, first, others);
  }

  async logs(name: JobName, window: LogWindow, signal: AbortSignal): Promise<string> {
    const containers = await this.inspectWorkers(name, signal);
    const share = { ...window, bytes: Math.floor(window.bytes / containers.length) };
    const logs = await this.ask(
      Promise.all(
        containers.map((container) =>
          container === undefined ? '' : readContainerLog(this.engine, container.Id, share, signal),
        ),
      ),
    );
    return joinWorkerLogs(logs);
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
    const containers = await this.ask(
      this.engine.listContainers({ label: [`${OWN_LABELS.jid}=${name}`] }, signal),
    );
    const own = containers.filter(({ Names, Labels }) => {
      const worker = Number(Labels[OWN_LABELS.worker]);
      return Names.some((given) => given.replace(/^\//, '') === containerName(name, worker));
    });
    if (own.length === 0) throw jobNotFound(name);
    // The first worker goes last: until then a repeated DELETE still finds the job.
    own.sort((a, b) => Number(b.Labels[OWN_LABELS.worker]) - Number(a.Labels[OWN_LABELS.worker]));
    await this.ask(Promise.all(own.map((container) => this.halt(container, signal))));
    for (const { Id } of own) await this.ask(this.discard(Id, signal));
  }

  check(signal: AbortSignal): Promise<readonly CheckResult[]> {
    return checkEngine(this.engine, signal);
  }

  /** Creates a worker's container, or finds the one that an earlier attempt created. */
  private async create(spec: JobSpec, worker: number, signal: AbortSignal): Promise<string> {
    const body = buildContainer(spec, worker, this.options);
    try {
      return await this.engine.createContainer(body, signal);
    } catch (error) {
      if (isNameInUse(error)) return this.adopt(spec, worker, signal);
      if (!isImageMissing(error)) throw this.translate(toCreateError, error, spec);
    }
    await this.pull(spec);
    try {
      return await this.engine.createContainer(body, signal);
    } catch (error) {
      if (isNameInUse(error)) return this.adopt(spec, worker, signal);
      throw this.translate(toCreateError, error, spec);
    }
  }

  private async pull(spec: JobSpec): Promise<void> {
    try {
      await this.pulls.pull(spec.image);
    } catch (error) {
      throw this.translate(toPullError, error, spec);
    }
  }

  private async adopt(spec: JobSpec, worker: number, signal: AbortSignal): Promise<string> {
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
    return container.Id;
  }

  /** Starts what was never started. When the engine refuses one, none of them stays. */
  private async startAll(ids: readonly string[], signal: AbortSignal): Promise<void> {
    try {
      for (const id of ids) await this.startOnce(id, signal);
    } catch (error) {
      const translated = toStartError(error, this.engine.hasAnswered);
      if (!translated.retryable) {
        for (const id of ids.toReversed()) await this.ask(this.discard(id, signal));
      }
      throw translated;
    }
  }

  /** A start of a container that has ended would run the job again. */
  private async startOnce(id: string, signal: AbortSignal): Promise<void> {
    const container = await this.engine.findContainer(id, signal);
    if (container === undefined || STATE_MEANING[container.State.Status] !== 'waiting') return;
    await this.engine.startContainer(id, signal);
  }

  private async halt(container: { Id: string; State: string }, signal: AbortSignal): Promise<void> {
    if (STATE_MEANING[container.State] === 'ended') return;
    try {
      await this.engine.stopContainer(container.Id, STOP_GRACE_SECONDS, signal);
    } catch (error) {
      // What cannot be stopped is killed by its removal; what is gone needs neither.
      if (!(error instanceof EngineError) || error.status === undefined) throw error;
    }
  }

  private async discard(id: string, signal: AbortSignal): Promise<void> {
    try {
      await this.engine.removeContainer(id, signal);
    } catch (error) {
      if (!(error instanceof EngineError) || error.status !== 404) throw error;
    }
  }

  private async inspectWorkers(
    name: JobName,
    signal: AbortSignal,
  ): Promise<[ContainerInspectInfo, ...(ContainerInspectInfo | undefined)[]]> {
    const first = await this.inspectWorker(name, 0, signal);
    if (first === undefined) throw jobNotFound(name);
    const others = workerNumbers(workersOf(first)).slice(1);
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
    if (state in STATE_MEANING || this.warned.has(state)) return;
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

  private translate(
    translation: typeof toCreateError,
    error: unknown,
    spec: JobSpec,
  ): ReturnType<typeof toCreateError> {
    return translation(error, spec, this.engine.hasAnswered);
  }
}

function workerNumbers(workers: number): number[] {
  return Array.from({ length: workers }, (_, worker) => worker);
}
