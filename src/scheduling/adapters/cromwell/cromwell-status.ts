import type {
  WorkflowFailure,
  WorkflowMetadata,
} from '../../../clients/cromwell/cromwell-client.js';
import type { WorkerFacts } from '../batch-api/worker-files.js';
import type { Failure, ListedWorker } from '../batch-api/worker-status.js';

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

/** What is known of a workflow. */
export interface SeenWorkflow {
  readonly status: string;
  /** Once it has ended. */
  readonly metadata?: WorkflowMetadata;
  /** What the batch system said to its submission, where it refused it. */
  readonly refusal?: string;
}

/** What the status of a workflow means for one of its workers. Pure. */
export function listedWorker(seen: SeenWorkflow, facts: WorkerFacts): ListedWorker {
  const { status, metadata } = seen;
  const endedAt = metadata?.end === undefined ? {} : { endedAt: metadata.end };
  switch (STATUS_MEANING.get(status) ?? 'handed') {
    case 'waiting':
      return { is: 'waiting', message: WAITING_MESSAGES.get(status) ?? 'waiting in Cromwell' };
    case 'handed':
      return { is: 'waiting', message: 'handed to the batch system by Cromwell' };
    case 'ending':
      return { is: 'running' };
    case 'succeeded':
      // It may be a second submission, which ran nothing: the record of the first tells the end.
      return facts.launched === undefined ? withoutRecord(endedAt) : { is: 'running' };
    case 'cancelled':
      return { is: 'failed', reason: 'Cancelled', message: 'cancelled', ...endedAt };
    case 'failed':
      return { is: 'failed', ...failureOf(seen, facts), ...endedAt };
  }
}

function failureOf({ metadata, refusal }: SeenWorkflow, { end }: WorkerFacts): Failure {
  if (end?.phase === 'cancelled') {
    return { reason: 'Cancelled', message: 'cancelled in the batch system' };
  }
  const cause = firstCause(metadata?.failures ?? []) ?? 'it gives no cause';
  const words = refusal === undefined ? cause : `${cause} (${refusal})`;
  return { reason: 'BackendError', message: `Cromwell says: ${words}` };
}

function withoutRecord(endedAt: { readonly endedAt?: string }): ListedWorker {
  const message =
    'Cromwell has run its script, which found no record: SLURM_RECORDS must be at the same path on the nodes';
  return { is: 'failed', reason: 'BackendError', message, ...endedAt };
}

/** The innermost words of the first failure: what wraps them says only that something failed. */
export function firstCause(failures: readonly WorkflowFailure[]): string | undefined {
  const [first] = failures;
  if (first === undefined) return undefined;
  return firstCause(first.causedBy ?? []) ?? first.message;
}
