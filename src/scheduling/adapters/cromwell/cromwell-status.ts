import type {
  WorkflowCall,
  WorkflowFailure,
  WorkflowMetadata,
} from '../../../clients/cromwell/cromwell-client.js';
import type { WorkerFacts } from '../batch-api/worker-files.js';
import type { Failure, ListedWorker } from '../batch-api/worker-status.js';
import { withoutFolders } from './cromwell-words.js';

type Meaning = 'waiting' | 'handed' | 'ending' | 'succeeded' | 'failed' | 'cancelled';

/** Every status of a workflow. Source: cromwell.readthedocs.io, "REST API", WorkflowStatus. */
export const STATUS_MEANING: ReadonlyMap<string, Meaning> = new Map([
  ['Submitted', 'waiting'],
  ['On Hold', 'waiting'],
  ['Running', 'handed'],
  ['Aborting', 'ending'],
  ['Succeeded', 'succeeded'],
  ['Failed', 'failed'],
  ['Aborted', 'cancelled'],
]);

/** The statuses of workflows that have not ended. */
export const LIVE_STATUSES: readonly string[] = ['Submitted', 'On Hold', 'Running', 'Aborting'];

const WAITING_MESSAGES: ReadonlyMap<string, string> = new Map([
  ['Submitted', 'waiting in Cromwell'],
  ['On Hold', 'on hold in Cromwell'],
]);

/** How SLURM ends a job, as it writes it into the job's errors. Source: slurmstepd, `_stepd_cleanup`. */
const BATCH_ENDS: readonly (readonly [RegExp, Failure])[] = [
  [/\bDUE TO TIME LIMIT\b/, { reason: 'TimeLimit', message: 'ended at its time limit in SLURM' }],
  [/\bDUE TO PREEMPTION\b/, { reason: 'Preempted', message: 'preempted by another job' }],
  [/\bDUE TO NODE FAILURE\b/, { reason: 'NodeLost', message: 'the node failed' }],
  [/\bCANCELLED AT\b/, { reason: 'Cancelled', message: 'cancelled in the batch system' }],
];
/** With the name of the node where several run on one host. */
const SAID_BY_BATCH = /\bslurmstepd[\w.-]*: error: \*\*\* .*\*\*\*/;
const MAX_WORDS = 500;

/** What is known of a workflow. */
export interface SeenWorkflow {
  readonly status: string;
  /** Once it has ended. */
  readonly metadata?: WorkflowMetadata;
  /** What was said beside a call, by its shard. */
  readonly words?: ReadonlyMap<number, string>;
  /** Whether it ended so long ago that what its jobs have written has come over shared storage. */
  readonly isSettled?: boolean;
}

/** What the status of a workflow means for one of its workers. Pure. @param worker from 1 on */
export function listedWorker(seen: SeenWorkflow, facts: WorkerFacts, worker: number): ListedWorker {
  const { status } = seen;
  switch (STATUS_MEANING.get(status) ?? 'handed') {
    case 'waiting':
      return { is: 'waiting', message: WAITING_MESSAGES.get(status) ?? 'waiting in Cromwell' };
    case 'handed':
      return { is: 'waiting', message: 'handed to the batch system by Cromwell' };
    case 'ending':
      return { is: 'running' };
    case 'succeeded':
    case 'cancelled':
    case 'failed':
      return endedWorker(seen, facts, worker);
  }
}

/** The call of a worker, where Cromwell has come to make it. @param worker from 1 on */
export function callOf(
  metadata: WorkflowMetadata | undefined,
  worker: number,
): WorkflowCall | undefined {
  const calls = Object.values(metadata?.calls ?? {}).flat();
  return calls.findLast(({ shardIndex }) => shardIndex === worker - 1);
}

/** Whether a workflow that has ended did not begin this worker: then it was submitted twice. */
export function isOfAnother(
  { metadata }: SeenWorkflow,
  { launched, end }: WorkerFacts,
  worker: number,
): boolean {
  if (launched === undefined || end !== undefined) return false;
  return callOf(metadata, worker)?.jobId !== launched.job;
}

function endedWorker(seen: SeenWorkflow, facts: WorkerFacts, worker: number): ListedWorker {
  const { metadata, isSettled = false } = seen;
  const endedAt = metadata?.end === undefined ? {} : { endedAt: metadata.end };
  const hasLaunched = facts.launched !== undefined;
  const mayHaveRun = hasLaunched || callOf(metadata, worker)?.jobId !== undefined;
  if (facts.end === undefined && mayHaveRun && !isSettled) {
    if (hasLaunched) return { is: 'running' };
    return { is: 'waiting', message: 'it has ended in Cromwell; its record is waited for' };
  }
  if (seen.status === 'Succeeded' && facts.end === undefined) {
    // The script has the exit code of the job, so this one was 0, though it could not be written.
    if (hasLaunched && !isOfAnother(seen, facts, worker)) return { is: 'succeeded' };
    return { is: 'failed', ...(hasLaunched ? WITHOUT_END : WITHOUT_RECORD), ...endedAt };
  }
  return { is: 'failed', ...failureOf(seen, facts, worker), ...endedAt };
}

const WITHOUT_RECORD: Failure = {
  reason: 'BackendError',
  message:
    'Cromwell has run its script, which found no record: SLURM_RECORDS must be at the same path on the nodes',
};
const WITHOUT_END: Failure = {
  reason: 'BackendError',
  message: 'Cromwell says that it has succeeded, but it has left no record of its end',
};

function failureOf(seen: SeenWorkflow, { end }: WorkerFacts, worker: number): Failure {
  const words = seen.words?.get(worker - 1) ?? '';
  const byBatch = endByBatch(words);
  if (byBatch !== undefined) return byBatch;
  if (seen.status === 'Aborted') return { reason: 'Cancelled', message: 'cancelled' };
  if (end?.phase === 'cancelled') {
    return { reason: 'Cancelled', message: 'cancelled in the batch system' };
  }
  const { failures: all = [] } = seen.metadata ?? {};
  const { failures = all } = callOf(seen.metadata, worker) ?? {};
  const cause = withoutFolders(firstCause(failures) ?? firstCause(all) ?? 'it gives no cause');
  const why = words === '' ? '' : ` (${withoutFolders(words).slice(-MAX_WORDS)})`;
  return { reason: 'BackendError', message: `Cromwell says: ${cause}${why}` };
}

/** What the batch system itself did to the job. */
function endByBatch(words: string): Failure | undefined {
  const [said] = SAID_BY_BATCH.exec(words) ?? [];
  if (said === undefined) return undefined;
  return BATCH_ENDS.find(([pattern]) => pattern.test(said))?.[1];
}

/** The innermost words of the first failure: what wraps them says only that something failed. */
export function firstCause(failures: readonly WorkflowFailure[]): string | undefined {
  const [first] = failures;
  if (first === undefined) return undefined;
  return firstCause(first.causedBy ?? []) ?? first.message;
}
