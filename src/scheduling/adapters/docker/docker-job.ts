import type { ContainerInspectInfo } from 'dockerode';
import type { EngineKind } from '../../../clients/docker-engine/docker-engine.js';
import type { Job, JobState } from '../../domain/job.js';
import type { JobSpec } from '../../domain/job-spec.js';
import type { JobName } from '../../domain/job-name.js';
import { MANAGED_BY, OWN_LABELS } from '../../domain/own-labels.js';
import type { SpecHash } from '../../domain/spec-hash.js';
import { deadlineOf, parseTimeLimit } from '../../domain/time-limit.js';
import { aggregateWorkers } from '../../domain/worker-state.js';
import { markOf } from './docker-list.js';
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

export function specHashOf(container: ContainerInspectInfo): SpecHash {
  return (container.Config.Labels[OWN_LABELS.specHash] ?? '') as SpecHash;
}

/** A job from its workers' containers, in order; absent where a container is gone. */
export function toJob(
  name: JobName,
  first: ContainerInspectInfo,
  others: readonly (ContainerInspectInfo | undefined)[],
  engine: EngineKind = 'docker',
): Job {
  const time = parseTimeLimit(first.Config.Labels[OWN_LABELS.timeLimit]);
  const states = [first, ...others].map((container) =>
    container === undefined
      ? GONE
      : containerToState(
          container.State,
          { memory: container.HostConfig.Memory ?? 0, time },
          engine,
        ),
  );
  const state = aggregateWorkers(states);
  const isPartlyStarted =
    state.status === 'started' && states.some(({ status }) => status === 'notstarted');
  const deadline =
    state.status === 'started' && time !== undefined
      ? deadlineOf(state.timestamp, time)
      : undefined;
  return {
    name,
    specHash: specHashOf(first),
    incarnation: first.Id,
    mark: markOf(
      [first, ...others].map((worker) => worker && { id: worker.Id, state: worker.State.Status }),
    ),
    image: first.Config.Labels[OWN_LABELS.image] ?? first.Config.Image,
    command: commandOf(first),
    state,
    ...(deadline !== undefined && { deadline }),
    ...(isPartlyStarted && { isPartlyStarted }),
  };
}

/** A job whose containers have just been started: what happens from here on, look-ups will tell. */
export function toSubmittedJob(spec: JobSpec, workers: readonly { readonly id: string }[]): Job {
  return {
    name: spec.name,
    specHash: spec.specHash,
    incarnation: workers[0]?.id ?? '',
    mark: markOf(workers.map(({ id }) => ({ id, state: 'created' }))),
    image: spec.image,
    command: spec.command,
    state: { status: 'notstarted', message: 'handed to the engine', timestamp: '' },
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
  const entrypoint = replaced ? [Config.Entrypoint ?? []].flat() : [];
  // Not spread: that leaves room for 17 words, in each of ten thousand jobs.
  return entrypoint.concat(Config.Cmd ?? []);
}
