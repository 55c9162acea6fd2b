import type { Job, JobState } from '../../domain/job.js';
import { deadlineOf } from '../../domain/time-limit.js';
import { aggregateWorkers } from '../../domain/worker-state.js';
import type { JobRecord } from './job-record.js';
import { workerState } from './process-status.js';
import type { WorkerFacts } from './worker-facts.js';

/** A job's record and what its workers do now. */
export interface SeenJob {
  readonly record: JobRecord;
  /** In the order of their numbers. */
  readonly workers: readonly WorkerFacts[];
}

export function toJob(seen: SeenJob): Job {
  const { record } = seen;
  const { name, specHash, image, command, timeLimit } = record.spec;
  const state = aggregateWorkers(workerStates(seen));
  const deadline =
    state.status === 'started' && timeLimit !== undefined
      ? deadlineOf(state.timestamp, timeLimit)
      : undefined;
  return {
    name,
    specHash,
    incarnation: record.runId,
    mark: markOf(seen),
    image,
    command,
    state,
    ...(deadline !== undefined && { deadline }),
  };
}

/** The run and a word for each worker: changes exactly when the state does. */
export function markOf(seen: SeenJob): string {
  const words = workerStates(seen).map(({ status, reason }) => reason ?? status);
  return [seen.record.runId, ...words].join(' ');
}

export function workerStates({ record, workers }: SeenJob): readonly JobState[] {
  const { memoryLimit, timeLimit } = record.spec;
  const limits = { memoryLimit, timeLimit, unenforced: record.unenforced };
  return workers.map((facts) => workerState(facts, limits));
}
