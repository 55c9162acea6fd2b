import type { ContainerCreateOptions, ContainerInspectInfo } from 'dockerode';
import type { DockerEngine } from '../../../clients/docker-engine/docker-engine.js';
import { EngineError } from '../../../clients/docker-engine/engine-error.js';
import { DomainError } from '../../../shared/domain-error.js';
import type { JobSpec } from '../../domain/job-spec.js';
import { nameInTransit, nameTaken } from '../../domain/scheduling-errors.js';
import { asSchedulingError } from '../docker-api/engine-errors.js';
import { ContainerStart, type Created } from './container-start.js';
import { discardContainer } from './docker-ends.js';
import { isImageMissing, isNameInUse, toCreateError, toStartError } from './docker-errors.js';
import { isWorker, specHashOf } from './docker-job.js';
import { containerName, workerNumbers } from './docker-names.js';
import type { EngineOptions } from '../docker-api/engine-options.js';
import { buildContainer } from './docker-request.js';
import { isLeftOver } from './start-failures.js';
import { refuseGpus } from './gpu-support.js';
import type { Images } from './images.js';

/** Makes and starts the containers of a job's workers: each once, whatever happened before. */
export class WorkerContainers {
  private readonly starts: ContainerStart;

  constructor(
    private readonly engine: DockerEngine,
    private readonly options: EngineOptions,
    private readonly images: Images,
    private readonly now: () => number = () => performance.now(),
    pause?: (milliseconds: number) => Promise<unknown>,
  ) {
    this.starts = new ContainerStart(engine, now, pause);
  }

  plan(spec: JobSpec): readonly ContainerCreateOptions[] {
    return workerNumbers(spec.workers).map((worker) => this.container(spec, worker));
  }

  /** In the order of the workers. When the engine refuses one, none of them stays. @throws DomainError */
  async create(spec: JobSpec, signal: AbortSignal): Promise<readonly Created[]> {
    const version = await asSchedulingError(this.engine, this.engine.version(signal));
    if (spec.gpuLimit > 0) refuseGpus(version);
    const containers: Created[] = [];
    try {
      // The first worker's container is what look-ups see, so it comes last: a job that is seen is whole.
      for (const worker of workerNumbers(spec.workers).toReversed()) {
        containers.unshift(await this.createOne(spec, worker, signal));
      }
      return containers;
    } catch (error) {
      const isDefinite = error instanceof DomainError && !error.retryable;
      if (isDefinite) await this.discardUnstarted(containers, signal);
      throw error;
    }
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
    // The first worker comes last here too: a job without it has not begun, and can be made whole.
    for (const container of containers.toReversed()) {
      const index = containers.indexOf(container);
      try {
        await this.starts.once(container, spec.name, signal).catch(async (error: unknown) => {
          current[index] = await this.replace(spec, container, error, signal);
          await this.starts.once(current[index], spec.name, signal);
        });
      } catch (error) {
        const translated = toStartError(error, spec, this.engine.hasAnswered);
        if (!translated.retryable) await this.withdraw(spec, current, index, signal);
        throw translated;
      }
    }
    return current;
  }

  /** Leaves what somebody has started. */
  async discardUnstarted(containers: readonly Created[], signal: AbortSignal): Promise<void> {
    for (const { id } of containers.toReversed()) {
      await asSchedulingError(this.engine, this.starts.removeUnstarted(id, signal));
    }
  }

  /** Of these containers only those that this submission has made. */
  discardMade(containers: readonly Created[], signal: AbortSignal): Promise<void> {
    const made = containers.filter(({ isNew }) => isNew);
    return this.discardUnstarted(made, signal);
  }

  /** Removes what earlier attempts have left of a job, unless somebody has started it. */
  async discardLeft(spec: JobSpec, signal: AbortSignal): Promise<void> {
    for (const worker of workerNumbers(spec.workers).toReversed()) {
      const container = await asSchedulingError(
        this.engine,
        this.engine.findContainer(containerName(spec.name, worker), signal),
      );
      if (container === undefined || !isContainerOf(container, spec, worker)) continue;
      await asSchedulingError(this.engine, this.starts.removeUnstarted(container.Id, signal));
    }
  }

  /**
   * Removes the workers of a job of which the engine has refused to start one: those before it wait,
   * those behind it may run for nothing. The first goes last, so that the job is seen until all of it
   * has gone. @throws DomainError when the one that was refused runs nevertheless
   */
  private async withdraw(
    spec: JobSpec,
    containers: readonly Created[],
    refused: number,
    signal: AbortSignal,
  ): Promise<void> {
    for (const [index, { id }] of [...containers.entries()].toReversed()) {
      const isRunning = index > refused;
      const removal = isRunning
        ? discardContainer(this.engine, id, signal)
        : this.starts.removeUnstarted(id, signal);
      const isGone = await asSchedulingError<boolean | void>(this.engine, removal);
      if (isGone === false) throw nameInTransit(spec.name);
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
    if (!isContainerOf(container, spec, worker)) throw nameTaken(spec.name);
    return { id: container.Id, worker, isNew: false, askedAt };
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
      if (!(await this.starts.isUnstarted(id, signal))) throw error;
      await this.engine.removeUnstarted(id, signal);
    } catch {
      // What the start has said is worth more.
      throw error;
    }
    return this.createOne(spec, worker, signal);
  }
}

function isContainerOf(container: ContainerInspectInfo, spec: JobSpec, worker: number): boolean {
  return isWorker(container, spec.name, worker) && specHashOf(container) === spec.specHash;
}
