import type { ContainerInspectInfo } from 'dockerode';
import type { Job, JobState } from '../../domain/job.js';
import type { JobName } from '../../domain/job-name.js';
import { MANAGED_BY, OWN_LABELS } from '../../domain/own-labels.js';
import type { SpecHash } from '../../domain/spec-hash.js';
import { aggregateWorkers } from '../../domain/worker-state.js';
import { containerName } from './docker-names.js';
import { ENTRYPOINT_REPLACED } from './docker-request.js';
import { containerToState } from './docker-status.js';

/**
 * Whether an inspected container is a worker of a job: by label and by exact name, because the engine
 * also finds containers by id and by id prefix.
 */
export function isWorker(container: ContainerInspectInfo, job: JobName, worker: number): boolean {
  const { Labels } = container.Config;
  return (
    container.Name.replace(/^\//, '') === containerName(job, worker) &&
    Labels[OWN_LABELS.managedBy] === MANAGED_BY &&
    Labels[OWN_LABELS.jid] === job
  );
}

export function workersOf(container: ContainerInspectInfo): number {
  const workers = Number(container.Config.Labels[OWN_LABELS.workers]);
  return Number.isSafeInteger(workers) && workers >= 1 ? workers : 1;
}

export function specHashOf(container: ContainerInspectInfo): SpecHash {
  return (container.Config.Labels[OWN_LABELS.specHash] ?? '') as SpecHash;
}

/** A job from its workers' containers, in order; absent where a container is gone. */
export function toJob(
  name: JobName,
  first: ContainerInspectInfo,
  others: readonly (ContainerInspectInfo | undefined)[],
): Job {
  const states = [first, ...others].map((container) =>
    container === undefined ? GONE : containerToState(container.State, container.HostConfig.Memory ?? 0),
  );
  return {
    name,
    specHash: specHashOf(first),
    image: first.Config.Image,
    command: commandOf(first),
    state: aggregateWorkers(states),
  };
}

/** A worker whose container somebody removed did not succeed. */
const GONE: JobState = {
  status: 'finishedWithError',
  reason: 'BackendError',
  message: 'its container was removed from the engine',
  timestamp: '',
};

/** What the job was asked to run: the container's Cmd, or Entrypoint and Cmd where we replaced it. */
function commandOf({ Config }: ContainerInspectInfo): readonly string[] {
  const replaced = Config.Labels[OWN_LABELS.entrypoint] === ENTRYPOINT_REPLACED;
  const entrypoint = Config.Entrypoint ?? [];
  return [...(replaced ? [entrypoint].flat() : []), ...(Config.Cmd ?? [])];
}
