import { explainExitCode, type FailureReason } from '../../domain/failure-reason.js';
import type { JobState } from '../../domain/job.js';
import { timeLimitFailure } from '../../domain/time-limit.js';
import type { Mebibytes, Seconds } from '../../../shared/units.js';
import type { WorkerEnd, WorkerFacts } from './slurm-files.js';

interface Failure {
  readonly reason: FailureReason;
  readonly message: string;
}

type StateMeaning = 'waiting' | 'running' | 'succeeded' | Failure;

/** Every state of a job. Source: slurm.schedmd.com/squeue.html, "JOB STATE CODES". */
export const STATE_MEANING: ReadonlyMap<string, StateMeaning> = new Map<string, StateMeaning>(
  Object.entries({
    PENDING: 'waiting',
    CONFIGURING: 'waiting',
    REQUEUED: 'waiting',
    REQUEUE_HOLD: 'waiting',
    REQUEUE_FED: 'waiting',
    SPECIAL_EXIT: 'waiting',
    RESV_DEL_HOLD: 'waiting',
    RUNNING: 'running',
    COMPLETING: 'running',
    SUSPENDED: 'running',
    STOPPED: 'running',
    SIGNALING: 'running',
    STAGE_OUT: 'running',
    RESIZING: 'running',
    COMPLETED: 'succeeded',
    FAILED: { reason: 'BackendError', message: 'SLURM says that the job failed' },
    BOOT_FAIL: { reason: 'NodeLost', message: 'the node could not be started' },
    NODE_FAIL: { reason: 'NodeLost', message: 'the node failed' },
    DEADLINE: { reason: 'TimeLimit', message: 'ended at its deadline in SLURM' },
    TIMEOUT: { reason: 'TimeLimit', message: 'ended at its time limit in SLURM' },
    OUT_OF_MEMORY: { reason: 'OutOfMemory', message: 'killed because it ran out of memory' },
    PREEMPTED: { reason: 'Preempted', message: 'preempted by another job' },
    CANCELLED: { reason: 'Cancelled', message: 'cancelled' },
    REVOKED: { reason: 'Cancelled', message: 'revoked by SLURM' },
  } as const),
);

/** Why a job waits, as a sentence. Source: slurm.schedmd.com/squeue.html, "JOB REASON CODES". */
const WAITING_REASONS: ReadonlyMap<string, string> = new Map([
  ['None', 'waiting to be scheduled'],
  ['Priority', 'waiting for jobs of a higher priority'],
  ['Resources', 'waiting for free resources'],
  ['Dependency', 'waiting for another job'],
  ['PartitionDown', 'waiting because the partition is down'],
  ['PartitionInactive', 'waiting because the partition is inactive'],
  ['PartitionNodeLimit', 'waiting because it asks for more nodes than the partition gives'],
  ['PartitionTimeLimit', 'waiting because its time limit is longer than the partition allows'],
  ['ReqNodeNotAvail', 'waiting because a node that it needs is not available'],
  ['JobHeldAdmin', 'held by an administrator'],
  ['JobHeldUser', 'held by its user'],
  ['BeginTime', 'waiting for its begin time'],
  ['Licenses', 'waiting for a licence'],
  ['Reservation', 'waiting for its reservation'],
  ['NodeDown', 'waiting because a node that it needs is down'],
  ['Cleaning', 'waiting until its earlier run is cleaned up'],
  ['JobArrayTaskLimit', 'waiting for other workers of the job'],
]);

/** What SLURM says of one worker. */
export interface QueueRow {
  readonly state: string;
  readonly reason: string;
  /** ISO 8601, where accounting tells it. */
  readonly endedAt?: string;
}

export interface WorkerSight {
  readonly facts: WorkerFacts;
  /**
   * `unseen`: SLURM was not asked since the submission; `absent`: it does not list the job, which
   * proves nothing; `lost`: neither list nor accounting has known it for long.
   */
  readonly row: QueueRow | 'unseen' | 'absent' | 'lost';
  readonly stopRequested: boolean;
}

export interface WorkerLimits {
  readonly image: string;
  readonly memory: Mebibytes;
  readonly time: Seconds | undefined;
}

const CANCELLED: Failure = { reason: 'Cancelled', message: 'cancelled' };
const LOST = 'SLURM knows nothing of it any more, and it has left no record of its end';

/** `CANCELLED by 1000` and `CANCELLED+` are CANCELLED. */
export function stateWord(text: string): string {
  return text.split(/[ +]/, 1)[0] ?? '';
}

/** Whether a job in this state has ended; an unknown word is taken for a running job. */
export function isEnd(state: string): boolean {
  const meaning = STATE_MEANING.get(state) ?? 'running';
  return typeof meaning === 'object' || meaning === 'succeeded';
}

/** The state of one worker; its own record counts more than what SLURM says. Pure. */
export function workerState(sight: WorkerSight, limits: WorkerLimits): JobState {
  const { facts, row, stopRequested } = sight;
  // Ended by a signal that nobody here has sent: only SLURM knows why.
  const isUnexplained = facts.end?.phase === 'cancelled' && !stopRequested;
  if (facts.end !== undefined && (!isUnexplained || row === 'lost')) {
    return endState(facts.end, limits);
  }
  return typeof row === 'string' ? unlistedState(sight, row) : listedState(sight, row);
}

function unlistedState(
  { facts, stopRequested }: WorkerSight,
  why: 'unseen' | 'absent' | 'lost',
): JobState {
  if (why === 'unseen') return ongoing(facts.startedAt, 'handed to SLURM');
  const timestamp = lastTime(facts);
  if (stopRequested) return failed(CANCELLED, timestamp);
  if (why === 'lost') return { status: 'undefined', message: LOST, timestamp };
  return ongoing(facts.startedAt, 'SLURM does not list it any more; its record is waited for');
}

function listedState({ facts, stopRequested }: WorkerSight, row: QueueRow): JobState {
  const timestamp = lastTime(facts);
  // An unknown word is taken for a running job: a wrong end cannot be taken back.
  const meaning = STATE_MEANING.get(row.state) ?? 'running';
  if (typeof meaning === 'object') return failed(meaning, row.endedAt ?? timestamp);
  if (meaning === 'running') return ongoing(facts.startedAt, beginning(facts));
  // A worker that was not let begin waits no more, or has ended well.
  if (stopRequested) return failed(CANCELLED, timestamp);
  if (meaning === 'succeeded') {
    return { status: 'finishedSuccessfully', message: 'finished successfully', timestamp };
  }
  // A look at the queue may be older than the job's own record.
  return facts.launched === undefined ? waiting(row) : ongoing(facts.startedAt, beginning(facts));
}

function beginning({ launched }: WorkerFacts): string {
  return launched === undefined ? 'starting on a node' : 'its container is being made';
}

function lastTime({ end, startedAt }: WorkerFacts): string {
  return end?.at ?? startedAt ?? '';
}

function waiting({ reason }: QueueRow): JobState {
  const word = reason.replace(/^\((.*)\)$/, '$1').split(/[,:]/, 1)[0] ?? '';
  const message = WAITING_REASONS.get(word) ?? `waiting in SLURM (${word})`;
  return { status: 'notstarted', message, timestamp: '' };
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

function failureOf({ phase, exitCode, words }: WorkerEnd, limits: WorkerLimits): Failure {
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
