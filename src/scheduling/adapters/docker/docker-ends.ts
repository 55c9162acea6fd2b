import type { ContainerInspectInfo } from 'dockerode';
import type { DockerEngine } from '../../../clients/docker-engine/docker-engine.js';
import { EngineError } from '../../../clients/docker-engine/engine-error.js';
import { STATE_MEANING } from './docker-status.js';

/** Time between SIGTERM and SIGKILL, in seconds: the data of a cancelled job is of no use. */
export const STOP_GRACE_SECONDS = 1;

/** Ends what runs in a container. @throws EngineError when the engine does not answer */
export async function haltContainer(
  engine: DockerEngine,
  { Id, State }: ContainerInspectInfo,
  signal: AbortSignal,
): Promise<void> {
  const meaning = STATE_MEANING.get(State.Status);
  if (meaning === 'ended' || meaning === 'waiting') return;
  try {
    await engine.stopContainer(Id, STOP_GRACE_SECONDS, signal);
  } catch (error) {
    // What cannot be stopped is killed by its removal; what is gone needs neither.
    if (!(error instanceof EngineError) || error.status === undefined) throw error;
  }
}

/** Removes a container; one that is gone already is no error. */
export async function discardContainer(
  engine: DockerEngine,
  id: string,
  signal: AbortSignal,
): Promise<void> {
  try {
    await engine.removeContainer(id, signal);
  } catch (error) {
    if (!(error instanceof EngineError) || error.status !== 404) throw error;
  }
}
