import type {
  WorkflowFailure,
  WorkflowMetadata,
} from '../../../clients/cromwell/cromwell-client.js';
import type { JobState } from '../../domain/job.js';

type Meaning = 'waiting' | 'called' | 'running' | 'succeeded' | 'failed' | 'cancelled';

/** Every status of a workflow. Source: cromwell.readthedocs.io, "REST API", WorkflowStatus. */
export const STATUS_MEANING: ReadonlyMap<string, Meaning> = new Map([
  ['Submitted', 'waiting'],
  ['On Hold', 'waiting'],
  ['Running', 'called'],
  ['Aborting', 'running'],
  ['Succeeded', 'succeeded'],
  ['Failed', 'failed'],
  ['Aborted', 'cancelled'],
]);

/** The state of a job from the metadata of its workflow. Pure. */
export function workflowState(metadata: WorkflowMetadata): JobState {
  const { status, start = '', end = '' } = metadata;
  const call = Object.values(metadata.calls ?? {})
    .flat()
    .at(-1);
  switch (STATUS_MEANING.get(status) ?? 'called') {
    case 'waiting':
      return { status: 'notstarted', message: 'waiting in Cromwell', timestamp: '' };
    case 'called':
      if (call?.backendStatus !== 'Running') {
        const message = 'its call is being handed to the batch system';
        return { status: 'notstarted', message, timestamp: '' };
      }
      return { status: 'started', message: 'running', timestamp: start };
    case 'running':
      return { status: 'started', message: 'being ended', timestamp: start };
    case 'succeeded':
      return { status: 'finishedSuccessfully', message: 'finished successfully', timestamp: end };
    case 'cancelled':
      return {
        status: 'finishedWithError',
        reason: 'Cancelled',
        message: 'cancelled',
        timestamp: end,
      };
    case 'failed': {
      const message = firstCause(metadata.failures ?? []) ?? 'Cromwell says that it failed';
      return { status: 'finishedWithError', reason: 'BackendError', message, timestamp: end };
    }
  }
}

/** The innermost words of the first failure: what wraps them says only that something failed. */
export function firstCause(failures: readonly WorkflowFailure[]): string | undefined {
  const [first] = failures;
  if (first === undefined) return undefined;
  return firstCause(first.causedBy ?? []) ?? first.message;
}
