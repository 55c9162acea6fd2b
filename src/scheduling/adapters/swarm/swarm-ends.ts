import { setTimeout as sleep } from 'node:timers/promises';
import type {
  SwarmEngine,
  SwarmService,
  SwarmTask,
} from '../../../clients/docker-engine/swarm-engine.js';
import type { FailureReason } from '../../domain/failure-reason.js';
import { OWN_LABELS } from '../../domain/own-labels.js';
import { backendUnavailable } from '../../domain/scheduling-errors.js';
import { isOutOfSequence } from './swarm-errors.js';
import { isBeingRemoved, labelsOf, REMOVED } from './swarm-job.js';
import { hasEnded, isStarting } from './swarm-status.js';

/** How often to look whether tasks have gone, in milliseconds. */
const POLL_MS = 200;
/** So often is looked before the swarm is reminded of tasks that have ended: a second. */
const POLLS_TO_REMIND = 5;
const CONTAINERS_GO_WITHIN_MS = 5_000;
/** A node reports what its tasks do in batches; longer is an image that is pulled. */
const TASKS_BEGIN_WITHIN_MS = 2_000;

/**
 * Ends all tasks and removes the service. A service that is removed while it has tasks leaves them
 * behind, running, and where the swarm is about to forget one the engine dies of it (both seen with Docker
 * 20.10): so they go first. @throws EngineError
 */
export async function eraseService(
  engine: SwarmEngine,
  service: SwarmService,
  signal: AbortSignal,
): Promise<void> {
  if (isBeingRemoved(service)) await untilTasksAreGone(engine, service, signal);
  else await endService(engine, service, REMOVED, {}, signal);
  await engine.removeService(service.ID, signal);
  await untilContainersAreGone(engine, service, signal);
}

/**
 * The swarm forgets a task that has failed before its node has removed the container. Only the manager's
 * own containers can be seen, and nothing is wrong with a removal that takes longer.
 */
async function untilContainersAreGone(
  engine: SwarmEngine,
  { ID }: SwarmService,
  signal: AbortSignal,
): Promise<void> {
  const filters = { label: [`com.docker.swarm.service.id=${ID}`] };
  const deadline = performance.now() + CONTAINERS_GO_WITHIN_MS;
  while (performance.now() < deadline) {
    const left = await engine.listContainers(filters, ({ Id }) => Id, signal);
    if (left.length === 0) return;
    await pause(signal);
  }
}

/** Ends all tasks of a job and says in its labels why. @throws EngineError */
export async function endService(
  engine: SwarmEngine,
  service: SwarmService,
  reason: FailureReason | typeof REMOVED,
  labels: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<void> {
  const spec = {
    ...service.Spec,
    Labels: { ...labelsOf(service.Spec), ...labels, [OWN_LABELS.ended]: reason },
    Mode: { Replicated: { Replicas: 0 } },
  };
  try {
    await engine.updateService(service, spec, signal);
  } catch (error) {
    if (!isOutOfSequence(error)) throw error;
    const now = await engine.findService(service.ID, signal);
    if (now !== undefined && !isBeingRemoved(now)) {
      await endService(engine, now, reason, labels, signal);
      return;
    }
  }
  await untilTasksAreGone(engine, service, signal);
}

async function untilTasksAreGone(
  engine: SwarmEngine,
  service: SwarmService,
  signal: AbortSignal,
): Promise<void> {
  for (let polls = 1; ; polls += 1) {
    const tasks = (await engine.listTasksOf(service, signal)) ?? [];
    if (tasks.length === 0) return;
    await pause(signal);
    if (await areAllOutOfReach(engine, tasks, signal)) return;
    if (polls % POLLS_TO_REMIND === 0 && tasks.every(hasEnded)) {
      await remind(engine, service, signal);
    }
  }
}

/**
 * Makes the swarm look again at a service that has to have no tasks: it keeps one that ended by itself at
 * the moment when it was told to end (one in 60 that were removed within 1.5 s, with Docker 20.10).
 */
export async function remind(
  engine: SwarmEngine,
  { ID }: SwarmService,
  signal: AbortSignal,
): Promise<void> {
  const service = await engine.findService(ID, signal);
  if (service === undefined) return;
  try {
    await engine.updateService(service, service.Spec, signal);
  } catch (error) {
    // Whoever else has updated it has reminded the swarm.
    if (!isOutOfSequence(error)) throw error;
  }
}

/**
 * The tasks of a job once none is between its node and its command: one that is told to be starting may
 * have begun already, and written what would be lost with it. @throws what `list` throws
 */
export async function tasksOnceBegun(
  list: () => Promise<readonly SwarmTask[]>,
  signal: AbortSignal,
): Promise<readonly SwarmTask[]> {
  const deadline = performance.now() + TASKS_BEGIN_WITHIN_MS;
  for (;;) {
    const tasks = await list();
    if (!tasks.some(isStarting) || performance.now() >= deadline) return tasks;
    await pause(signal);
  }
}

/** Nothing ends what runs on a node that is down: the node does when it comes back. */
export async function areAllOutOfReach(
  engine: SwarmEngine,
  tasks: readonly SwarmTask[],
  signal: AbortSignal,
): Promise<boolean> {
  if (tasks.length === 0) return true;
  const nodes = await engine.listNodes(signal);
  const reachable = new Set(
    nodes.filter(({ Status }) => Status.State !== 'down').map(({ ID }) => ID),
  );
  return tasks.every(({ NodeID }) => NodeID !== undefined && !reachable.has(NodeID));
}

async function pause(signal: AbortSignal): Promise<void> {
  try {
    await sleep(POLL_MS, undefined, { signal });
  } catch (error) {
    throw backendUnavailable('the swarm has not ended the job in time', error);
  }
}
