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
  readonly worker: number;
  readonly isNew: boolean;
  /** When it was asked for, on a clock that never steps back, in milliseconds. */
  readonly askedAt: number;
}

/**
 * For how long nobody else can have started a container and seen it end, in milliseconds. Another
 * replica may do so while this one is held up; a start would then run the job again.
 */
const FRESH_MS = 500;

/** Makes and starts the containers of a job's workers: each once, whatever happened before. */
export class WorkerContainers {
  constructor(
    private readonly engine: DockerEngine,
    private readonly options: EngineOptions,
    private readonly images: Images,
    private readonly now: () => number = () => performance.now(),
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
   * @returns the containers that run, of which some may have been made anew
   */
  async start(
    spec: JobSpec,
    containers: readonly Created[],
    signal: AbortSignal,
  ): Promise<readonly Created[]> {
    const current = [...containers];
    try {
      // The first worker comes last here too: a job without it has not begun, and can be made whole.
      for (const container of containers.toReversed()) {
        const index = containers.indexOf(container);
        await this.startOnce(container, signal).catch(async (error: unknown) => {
          current[index] = await this.replace(spec, container, error, signal);
          await this.startOnce(current[index], signal);
        });
      }
      return current;
    } catch (error) {
      const translated = toStartError(error, spec, this.engine.hasAnswered);
      if (!translated.retryable) await this.discard(current, signal);
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
    const askedAt = this.now();
    try {
      const id = await this.engine.createContainer(body, signal);
      return { id, worker, isNew: true, askedAt };
    } catch (error) {
      if (isNameInUse(error)) return this.adopt(spec, worker, signal);
      if (isImageMissing(error)) this.images.forget(spec.image);
      throw toCreateError(error, spec, this.engine.hasAnswered);
    }
  }

  private async adopt(spec: JobSpec, worker: number, signal: AbortSignal): Promise<Created> {
    const askedAt = this.now();
    const container = await asSchedulingError(
      this.engine,
      this.engine.findContainer(containerName(spec.name, worker), signal),
    );
    // An engine takes a name some time before it shows the container, and gives it up late.
    if (container === undefined) throw nameInTransit(spec.name);
    if (!isWorker(container, spec.name, worker) || specHashOf(container) !== spec.specHash) {
      throw nameTaken(spec.name);
    }
    return { id: container.Id, worker, isNew: false, askedAt };
  }

  /** A start of a container that has ended would run the job again. */
  private async startOnce({ id, isNew, askedAt }: Created, signal: AbortSignal): Promise<void> {
    let isSeen = isNew;
    for (let since = askedAt; !isSeen || this.now() - since > FRESH_MS;) {
      since = this.now();
      if (!(await this.isWaiting(id, signal))) return;
      isSeen = true;
    }
    await this.engine.startContainer(id, signal);
  }

  /**
   * Makes another container in place of one that a killed engine has left, and can never start.
   * @throws the error, where it says something else or the engine has to keep this one
   */
  private async replace(
    spec: JobSpec,
    { id, worker }: Created,
    error: unknown,
    signal: AbortSignal,
  ): Promise<Created> {
    if (!(error instanceof EngineError) || !isLeftOver(error.words)) throw error;
    try {
      // Somebody else may have started it meanwhile.
      if (!(await this.isWaiting(id, signal))) throw error;
      await this.engine.removeUnstarted(id, signal);
    } catch {
      // What the start has said is worth more.
      throw error;
    }
    return this.createOne(spec, worker, signal);
  }

  private async isWaiting(id: string, signal: AbortSignal): Promise<boolean> {
    const container = await this.engine.findContainer(id, signal);
    return container !== undefined && STATE_MEANING.get(container.State.Status) === 'waiting';
  }
}
