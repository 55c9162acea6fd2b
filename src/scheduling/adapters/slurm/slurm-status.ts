import type { SlurmRow } from '../../../clients/slurm/slurm-client.js';
import type { WorkerFacts } from '../batch-api/worker-files.js';
import { recordNotReached, type Failure, type ListedWorker } from '../batch-api/worker-status.js';

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

/** Whether a job in this state has ended; an unknown word is taken for a running job. */
export function isEnd(state: string): boolean {
  const meaning = STATE_MEANING.get(state) ?? 'running';
  return typeof meaning === 'object' || meaning === 'succeeded';
}

/** The states of a script that ended by itself, for which its record has better words. */
const ENDED_BY_ITSELF: ReadonlySet<string> = new Set(['COMPLETED', 'FAILED']);
/** Reasons that say no more than the state. */
const PLAIN_REASONS: ReadonlySet<string> = new Set(['', 'None', 'NonZeroExitCode']);

/** Whether a script has ended of which nothing proves that it ran the job. Pure. */
export function isUnrecordedEnd({ state }: SlurmRow, { launched }: Began): boolean {
  return ENDED_BY_ITSELF.has(state) && launched === undefined;
}

type Began = Pick<WorkerFacts, 'launched'>;

/**
 * What a line of the queue or of accounting means. Pure.
 * @param isOverdue whether a record would have arrived by now
 */
export function listedWorker(row: SlurmRow, facts: Began, isOverdue = false): ListedWorker {
  const { state, reason, endedAt } = row;
  const at = endedAt === undefined ? {} : { endedAt };
  if (isUnrecordedEnd(row, facts)) {
    if (!isOverdue)
      return { is: 'waiting', message: 'it has ended in SLURM; its record is waited for' };
    const words = PLAIN_REASONS.has(reason) ? '' : reason;
    return { is: 'failed', ...recordNotReached('SLURM', words), ...at };
  }
  // An unknown word is taken for a running job: a wrong end cannot be taken back.
  const meaning = STATE_MEANING.get(state) ?? 'running';
  if (typeof meaning === 'object') return { is: 'failed', ...meaning, ...at };
  return meaning === 'waiting' ? { is: meaning, message: waitingMessage(reason) } : { is: meaning };
}

function waitingMessage(reason: string): string {
  const word = reason.replace(/^\((.*)\)$/, '$1').split(/[,:]/, 1)[0] ?? '';
  return WAITING_REASONS.get(word) ?? `waiting in SLURM (${word})`;
}
