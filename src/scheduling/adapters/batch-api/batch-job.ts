import type { Job, JobState } from '../../domain/job.js';
import { aggregateWorkers } from '../../domain/worker-state.js';
import type { StoredJob } from './stored-job.js';
import { workerState, type WorkerSight } from './worker-status.js';

/** @param listed what the batch system says of a worker, from 1 on */
export function toJob(
  { record, stopRequested, workers }: StoredJob,
  listed: (worker: number) => WorkerSight['listed'],
  system: string,
): Job {
  const { runId, spec } = record;
  const { name, specHash, image, command, memoryLimit: memory, timeLimit: time, mounts } = spec;
  const states = workers.map((facts, index) =>
    workerState(
      { facts, listed: listed(index + 1), stopRequested },
      { system, image, memory, time, mounts },
    ),
  );
  const state = aggregateWorkers(states);
  const mark = `${runId}:${markOf(state)}`;
  return { name, specHash, incarnation: runId, mark, image, command, state };
}

function markOf({ status, message, timestamp }: JobState): string {
  return `${status}:${timestamp}:${message}`;
}
