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
  ['BadConstraints', 'waiting because no node is as SLURM_CONSTRAINT or its limits ask for'],
  ['InvalidAccount', 'waiting because its account is not valid'],
  ['InvalidQOS', 'waiting because its QOS is not valid'],
  ['QOSNotAllowed', 'waiting because its account or partition may not use its QOS'],
  ['AccountNotAllowed', 'waiting because its account may not use the partition'],
]);

/** Reasons of which there are dozens; the word itself says which limit. */
const WAITING_FAMILIES: readonly (readonly [RegExp, string])[] = [
  [/^(?:QOS|MaxSubmit|MaxJobsPer)/, 'waiting because a limit of its QOS is reached'],
  [/^(?:Assoc|Max\w+PerAccount)/, 'waiting because a limit of its account is reached'],
  [/^Nodes_required_for_job/, 'waiting because the nodes that it needs are down or reserved'],
];

const MAX_REASON = 100;

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
  const sentence = WAITING_REASONS.get(word);
  if (sentence !== undefined) return sentence;
  const family = WAITING_FAMILIES.find(([words]) => words.test(word))?.[1];
  return `${family ?? 'waiting in SLURM'} (${word.slice(0, MAX_REASON)})`;
}
