import type { ContainerInspectInfo } from 'dockerode';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DockerEngine } from '../../../clients/docker-engine/docker-engine.js';
import { EngineError } from '../../../clients/docker-engine/engine-error.js';
import type { JobName } from '../../domain/job-name.js';
import { nameInTransit } from '../../domain/scheduling-errors.js';
import { errorWords, isTime, STATE_MEANING } from './docker-status.js';

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
/**
 * How long a container that another submission has made is left to it, in milliseconds. Podman runs
 * what has ended again when it is asked to start it, and fails the slower of two starts.
 */
const ADOPTION_MS = 1_500;
const LOOK_PAUSE_MS = 100;

/** What a look at a container says of its start. */
type StartState = 'gone' | 'waiting' | 'begun';

/** Starts containers, each once, whoever else may be about to start it. */
export class ContainerStart {
  constructor(
    private readonly engine: DockerEngine,
    private readonly now: () => number,
    private readonly pause: (milliseconds: number) => Promise<unknown> = sleep,
  ) {}

  /** When it returns, the container runs or has run. @throws EngineError, DomainError */
  async once(container: Created, job: JobName, signal: AbortSignal): Promise<void> {
    if (!(await this.isOursToStart(container, job, signal))) return;
    try {
      await this.engine.startContainer(container.id, signal);
    } catch (error) {
      // Another submission may have been faster; an answer that is lost is asked for by the next attempt.
      const isAnswer = error instanceof EngineError && error.status !== undefined;
      if (isAnswer && (await this.look(container.id, signal)) === 'begun') return;
      throw error;
    }
  }

  /** Whether nobody has ever started it. */
  async isUnstarted(id: string, signal: AbortSignal): Promise<boolean> {
    return (await this.look(id, signal)) === 'waiting';
  }

  /**
   * Removes what nobody has ever started; leaves everything else alone.
   * @returns false for a container that has begun
   */
  async removeUnstarted(id: string, signal: AbortSignal): Promise<boolean> {
    const state = await this.look(id, signal);
    if (state === 'waiting') await this.engine.removeUnstarted(id, signal);
    return state !== 'begun';
  }

  private async isOursToStart(
    { id, isNew, askedAt }: Created,
    job: JobName,
    signal: AbortSignal,
  ): Promise<boolean> {
    const since = this.now();
    if (isNew && since - askedAt <= FRESH_MS) return true;
    for (;;) {
      const lookedAt = this.now();
      const container = await this.engine.findContainer(id, signal);
      const state = startStateOf(container);
      if (state === 'gone') throw nameInTransit(job);
      if (state === 'begun') return false;
      const isLeft = isNew || lookedAt - since >= ADOPTION_MS || hasFailedToStart(container);
      if (!isLeft) await this.pause(LOOK_PAUSE_MS);
      else if (this.now() - lookedAt <= FRESH_MS) return true;
    }
  }

  private async look(id: string, signal: AbortSignal): Promise<StartState> {
    return startStateOf(await this.engine.findContainer(id, signal));
  }
}

function startStateOf(container: ContainerInspectInfo | undefined): StartState {
  if (container === undefined) return 'gone';
  const { Status, StartedAt } = container.State;
  if (isTime(StartedAt)) return 'begun';
  if (STATE_MEANING.get(Status) === 'waiting') return 'waiting';
  // Of these the engine is about to get rid.
  return Status === 'removing' || Status === 'dead' ? 'gone' : 'begun';
}

/** Whoever has made it has tried already. */
function hasFailedToStart(container: ContainerInspectInfo | undefined): boolean {
  return container !== undefined && errorWords(container.State) !== '';
}
