import type {
  SwarmEngine,
  SwarmService,
  SwarmTask,
} from '../../../clients/docker-engine/swarm-engine.js';
import { areAllOutOfReach, remind } from './swarm-ends.js';
import { updatedAt } from './swarm-job.js';
import { hasEnded } from './swarm-status.js';

/** Longer than a removal may take, in milliseconds: whoever began one that is older has died. */
const GRACE_MS = 60_000;

/**
 * Ends removals that were left unfinished. Their services are no jobs any more, so nobody asks for them
 * again; and what they had running has been told to end already.
 * @param services all that are being removed @param tasks of all services
 */
export async function sweepRemoved(
  engine: SwarmEngine,
  services: readonly SwarmService[],
  tasks: ReadonlyMap<string, readonly SwarmTask[]>,
  signal: AbortSignal,
): Promise<void> {
  if (services.length === 0) return;
  const now = await engine.now(signal);
  const left = services.filter((service) => now - Date.parse(updatedAt(service)) >= GRACE_MS);
  for (const service of left) {
    const itsTasks = tasks.get(service.ID) ?? [];
    // A service that is removed while it has tasks leaves them behind, running.
    if (await areAllOutOfReach(engine, itsTasks, signal)) {
      await engine.removeService(service.ID, signal);
    } else if (itsTasks.every(hasEnded)) await remind(engine, service, signal);
  }
}
