import { explainExitCode, type FailureReason } from '../../domain/failure-reason.js';
import { pathsOf, withoutHostPaths } from '../../domain/host-paths.js';
import type { JobState } from '../../domain/job.js';
import { timeLimitFailure } from '../../domain/time-limit.js';
import type { Mebibytes, Seconds } from '../../../shared/units.js';
import type { Mounts } from '../../../storage/domain/mounts.js';
import type { WorkerEnd, WorkerFacts } from './worker-files.js';

export interface Failure {
  readonly reason: FailureReason;
  readonly message: string;
}

/** What a batch system says of one worker. */
export type ListedWorker =
  | { readonly is: 'waiting'; readonly message: string }
  | { readonly is: 'running' }
  | { readonly is: 'succeeded' }
  /** `endedAt`: ISO 8601, where the system tells it. */
  | (Failure & { readonly is: 'failed'; readonly endedAt?: string });

export interface WorkerSight {
  readonly facts: WorkerFacts;
  /**
   * `unseen`: the system was not asked since the submission; `absent`: it does not list the job, which
   * proves nothing; `lost`: it has not known it for long.
   */
  readonly listed: ListedWorker | 'unseen' | 'absent' | 'lost';
  readonly stopRequested: boolean;
}

export interface WorkerLimits {
  /** Name of the batch system. */
  readonly system: string;
  readonly image: string;
  readonly memory: Mebibytes;
  readonly time: Seconds | undefined;
  readonly mounts: Mounts;
}

const CANCELLED: Failure = { reason: 'Cancelled', message: 'cancelled' };

/** Of a worker that has ended and never wrote into its record: nothing proves that it ran. */
export function recordNotReached(system: string, detail = ''): Failure {
  const words = detail === '' ? '' : ` (${detail})`;
  const message =
    `${system} says that it has ended${words}, but it has written nothing into its record: SLURM_RECORDS must be ` +
    'at the same path on the nodes, and jobs must run as the user of this service';
  return { reason: 'BackendError', message };
}

/** The state of one worker; its own record counts more than what the system says. Pure. */
export function workerState(sight: WorkerSight, limits: WorkerLimits): JobState {
  const { facts, listed, stopRequested } = sight;
  // Ended by a signal that nobody here has sent: only the system knows why.
  const isUnexplained = facts.end?.phase === 'cancelled' && !stopRequested;
  if (facts.end !== undefined && (!isUnexplained || listed === 'lost')) {
    return endState(facts.end, limits);
  }
  return typeof listed === 'string'
    ? unlistedState(sight, listed, limits)
    : listedState(sight, listed);
}

function unlistedState(
  { facts, stopRequested }: WorkerSight,
  why: 'unseen' | 'absent' | 'lost',
  { system }: WorkerLimits,
): JobState {
  if (why === 'unseen') return ongoing(facts.startedAt, `handed to ${system}`);
  const timestamp = lastTime(facts);
  if (stopRequested) return failed(CANCELLED, timestamp);
  if (why === 'lost') {
    const message = `${system} knows nothing of it any more, and it has left no record of its end`;
    return { status: 'undefined', message, timestamp };
  }
  return ongoing(facts.startedAt, `${system} does not list it; its record is waited for`);
}

function listedState({ facts, stopRequested }: WorkerSight, listed: ListedWorker): JobState {
  const timestamp = lastTime(facts);
  if (listed.is === 'failed') return failed(listed, listed.endedAt ?? timestamp);
  if (listed.is === 'running') return ongoing(facts.startedAt, beginning(facts));
  // A worker that was not let begin waits no more, or has ended well.
  if (stopRequested) return failed(CANCELLED, timestamp);
  if (listed.is === 'succeeded') {
    return { status: 'finishedSuccessfully', message: 'finished successfully', timestamp };
  }
  // A look at the queue may be older than the job's own record.
  if (facts.launched !== undefined) return ongoing(facts.startedAt, beginning(facts));
  return { status: 'notstarted', message: listed.message, timestamp: '' };
}

function beginning({ launched }: WorkerFacts): string {
  return launched === undefined ? 'starting on a node' : 'its container is being made';
}

function lastTime({ end, startedAt }: WorkerFacts): string {
  return end?.at ?? startedAt ?? '';
}

/** Started as soon as its own record says so. */
function ongoing(startedAt: string | undefined, otherwise: string): JobState {
  if (startedAt === undefined) return { status: 'notstarted', message: otherwise, timestamp: '' };
  return { status: 'started', message: 'running', timestamp: startedAt };
}

function endState(end: WorkerEnd, limits: WorkerLimits): JobState {
  const { exitCode, at } = end;
  if (end.phase === 'ran' && exitCode === 0) {
    const message = 'finished successfully';
    return { status: 'finishedSuccessfully', message, exitCode, timestamp: at };
  }
  return { ...failed(failureOf(end, limits), at), exitCode };
}

const SIGKILL_EXIT = 137;
const IMAGE_WORDS = /\b(?:image|manifest|registry|pull|short-name)/i;

function failureOf({ phase, exitCode, ...end }: WorkerEnd, limits: WorkerLimits): Failure {
  const words = withoutHostPaths(end.words, pathsOf(limits.mounts));
  if (phase === 'cancelled') return CANCELLED;
  if (phase === 'late' && limits.time !== undefined) return timeLimitFailure(limits.time);
  if (phase === 'create' && IMAGE_WORDS.test(words)) {
    return { reason: 'ImagePull', message: `image ${limits.image} is not available: ${words}` };
  }
  if (phase === 'create' || phase === 'start') {
    return { reason: 'BadCommand', message: `its container could not be started: ${words}` };
  }
  const failure = explainExitCode(exitCode);
  if (exitCode !== SIGKILL_EXIT || limits.memory === 0) return failure;
  const guess = `most likely out of memory (limit ${limits.memory} MiB)`;
  return { ...failure, message: `${failure.message}, ${guess}` };
}

function failed({ reason, message }: Failure, timestamp: string): JobState {
  return { status: 'finishedWithError', message, reason, timestamp };
}
