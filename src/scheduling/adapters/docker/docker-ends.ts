import type { ContainerInspectInfo } from 'dockerode';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DockerEngine } from '../../../clients/docker-engine/docker-engine.js';
import { EngineError } from '../../../clients/docker-engine/engine-error.js';
import { STATE_MEANING } from './docker-status.js';

/** Time between SIGTERM and SIGKILL, in seconds: the data of a cancelled job is of no use. */
export const STOP_GRACE_SECONDS = 1;

/** Docker's 409 to a removal while another caller's goes on. */
const BEING_REMOVED = /removal of container .* is already in progress/i;
const REMOVAL_POLL_MS = 100;

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

/**
 * Removes a container; when it returns the container is gone, whoever has removed it.
 * @returns whether it was there
 */
export async function discardContainer(
  engine: DockerEngine,
  id: string,
  signal: AbortSignal,
): Promise<boolean> {
  for (let wasThere = false; ; wasThere = true) {
    try {
      await engine.removeContainer(id, signal);
      return true;
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      if (error.status === 404) return wasThere;
      if (error.status !== 409 || !BEING_REMOVED.test(error.words)) throw error;
    }
    await sleep(REMOVAL_POLL_MS);
  }
}
