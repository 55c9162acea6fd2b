import type { ContainerCreateOptions } from 'dockerode';
import type { DockerEngine } from '../../../clients/docker-engine/docker-engine.js';
import { EngineError } from '../../../clients/docker-engine/engine-error.js';
import type { JobSpec } from '../../domain/job-spec.js';
import { nameInTransit, nameTaken } from '../../domain/scheduling-errors.js';
import { asSchedulingError } from '../docker-api/engine-errors.js';
import { discardContainer } from './docker-ends.js';
import { isImageMissing, isNameInUse, toCreateError, toStartError } from './docker-errors.js';
import { isWorker, specHashOf } from './docker-job.js';
import { containerName, workerNumbers } from './docker-names.js';
import type { EngineOptions } from '../docker-api/engine-options.js';
import { buildContainer } from './docker-request.js';
import { STATE_MEANING } from './docker-status.js';
import { isLeftOver } from './start-failures.js';
import { refuseGpus } from './gpu-support.js';
import type { Images } from './images.js';

/** A worker's container, made by this submission or by an earlier one. */
export interface Created {
  readonly id: string;
  readonly isNew: boolean;
}

/** Makes and starts the containers of a job's workers: each once, whatever happened before. */
export class WorkerContainers {
  constructor(
    private readonly engine: DockerEngine,
    private readonly options: EngineOptions,
    private readonly images: Images,
  ) {}

  plan(spec: JobSpec): readonly ContainerCreateOptions[] {
    return workerNumbers(spec.workers).map((worker) => this.container(spec, worker));
  }

  /** In the order of the workers. @throws DomainError */
  async create(spec: JobSpec, signal: AbortSignal): Promise<readonly Created[]> {
    const version = await asSchedulingError(this.engine, this.engine.version(signal));
    if (spec.gpuLimit > 0) refuseGpus(version);
    const containers: Created[] = [];
    // The first worker's container is what look-ups see, so it comes last: a job that is seen is whole.
    for (const worker of workerNumbers(spec.workers).toReversed()) {
      containers.unshift(await this.createOne(spec, worker, signal));
    }
    return containers;
  }

  /**
   * Starts what was never started. When the engine refuses one, none of them stays.
   * @returns whether all of them were made by this submission.
   */
  async start(
    spec: JobSpec,
    containers: readonly Created[],
    signal: AbortSignal,
  ): Promise<boolean> {
    try {
      for (const container of containers) await this.startOnce(container, signal);
      return containers.every(({ isNew }) => isNew);
    } catch (error) {
      const translated = toStartError(error, spec, this.engine.hasAnswered);
      if (!translated.retryable) await this.discard(containers, signal);
      throw translated;
    }
  }

  /** The first worker goes last, so that the job is seen until all of it has gone. */
  async discard(containers: readonly Created[], signal: AbortSignal): Promise<void> {
    for (const { id } of containers.toReversed()) {
      await asSchedulingError(this.engine, discardContainer(this.engine, id, signal));
    }
  }

  private container(spec: JobSpec, worker: number): ContainerCreateOptions {
    return buildContainer(spec, worker, this.options, this.engine.kind);
  }

  /** Creates a worker's container, or finds the one that an earlier attempt created. */
  private async createOne(spec: JobSpec, worker: number, signal: AbortSignal): Promise<Created> {
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
    const container = await asSchedulingError(
      this.engine,
      this.engine.findContainer(containerName(spec.name, worker), signal),
    );
    // An engine takes a name some time before it shows the container, and gives it up late.
    if (container === undefined) throw nameInTransit(spec.name);
    if (!isWorker(container, spec.name, worker) || specHashOf(container) !== spec.specHash) {
      throw nameTaken(spec.name);
    }
    return { id: container.Id, isNew: false };
  }

  /** A start of a container that has ended would run the job again. */
  private async startOnce({ id, isNew }: Created, signal: AbortSignal): Promise<void> {
    if (!isNew && !(await this.isWaiting(id, signal))) return;
    try {
      await this.engine.startContainer(id, signal);
    } catch (error) {
      if (error instanceof EngineError && isLeftOver(error.words)) await this.giveUp(id, signal);
      throw error;
    }
  }

  /** The next attempt makes another one; nothing is lost when the engine has to keep this one. */
  private async giveUp(id: string, signal: AbortSignal): Promise<void> {
    try {
      // Somebody else may have started it meanwhile.
      if (await this.isWaiting(id, signal)) await this.engine.removeUnstarted(id, signal);
    } catch {
      // What the start has said is worth more.
    }
  }

  private async isWaiting(id: string, signal: AbortSignal): Promise<boolean> {
    const container = await this.engine.findContainer(id, signal);
    return container !== undefined && STATE_MEANING.get(container.State.Status) === 'waiting';
  }
}
