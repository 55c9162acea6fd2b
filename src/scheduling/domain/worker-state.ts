import type { JobState } from './job.js';
import { isFinal } from './job-status.js';

/**
 * The state of a job from the states of its workers: started as soon as one has begun, finished when
 * all have, with an error when one has. The first worker in error gives message and reason.
 * @param workers at least one, in the order of their numbers
 */
export function aggregateWorkers(workers: readonly JobState[]): JobState {
  const [first] = workers;
  if (first === undefined) throw new Error('a job has at least one worker');
  if (workers.length === 1) return first;
  if (workers.every((worker) => worker.status === 'notstarted')) return first;
  const total = workers.length;
  const finished = workers.filter((worker) => isFinal(worker.status));
  if (finished.length < total) {
    const timestamp = earliest(workers);
    return {
      status: 'started',
      message: `${finished.length} of ${total} workers have finished`,
      timestamp,
    };
  }
  const timestamp = latest(workers);
  const index = workers.findIndex((worker) => worker.status === 'finishedWithError');
  const failed = workers[index];
  if (failed === undefined) {
    return { status: 'finishedSuccessfully', message: `all ${total} workers succeeded`, timestamp };
  }
  return { ...failed, message: `worker ${index + 1} of ${total}: ${failed.message}`, timestamp };
}

function timestamps(workers: readonly JobState[]): string[] {
  return (
    workers
      .map((worker) => worker.timestamp)
      .filter((timestamp) => timestamp !== '')
      // Not as text: their offsets from UTC can differ.
      .toSorted((a, b) => Date.parse(a) - Date.parse(b))
  );
}

function earliest(workers: readonly JobState[]): string {
  return timestamps(workers).at(0) ?? '';
}

function latest(workers: readonly JobState[]): string {
  return timestamps(workers).at(-1) ?? '';
}
