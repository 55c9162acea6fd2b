import type { SwarmTask } from '../../../clients/docker-engine/swarm-engine.js';
import type { Seconds } from '../../../shared/units.js';
import { explainExitCode, type FailureReason } from '../../domain/failure-reason.js';
import type { JobState } from '../../domain/job.js';

/** What a task's state means for a worker. */
type TaskMeaning = 'waiting' | 'running' | 'succeeded' | 'failed' | 'given-up' | 'lost';

/** Source: docs.docker.com/engine/swarm/how-swarm-mode-works/swarm-task-states. */
export const TASK_MEANING: ReadonlyMap<string, TaskMeaning> = new Map(
  Object.entries({
    new: 'waiting',
    allocated: 'waiting',
    pending: 'waiting',
    assigned: 'waiting',
    accepted: 'waiting',
    preparing: 'waiting',
    ready: 'waiting',
    starting: 'waiting',
    running: 'running',
    complete: 'succeeded',
    failed: 'failed',
    rejected: 'failed',
    shutdown: 'given-up',
    remove: 'given-up',
    orphaned: 'lost',
  } as const),
);

const WAITING_MESSAGES: ReadonlyMap<string, string> = new Map([
  ['pending', 'waiting for a node'],
  ['preparing', 'preparing on its node, which may pull the image'],
]);

/** The engine's words for what went wrong before the command ran, and what that is for a job. */
const REASONS: readonly (readonly [RegExp, FailureReason])[] = [
  [/no such image|pull access denied|manifest|image .* not/i, 'ImagePull'],
  [/invalid mount|bind source path|mounting|error while creating mount/i, 'MountFailed'],
  [
    /executable file not found|permission denied|no such file or directory|exec format/i,
    'BadCommand',
  ],
  [/device/i, 'DeviceUnavailable'],
];

/** 128 + SIGKILL. A swarm does not say whether the kernel sent it for want of memory. */
const SIGKILL_EXIT = 137;

export interface WorkerLimits {
  /** In bytes, 0 for none. */
  readonly memory: number;
  readonly time: Seconds | undefined;
}

/** The state of one worker from its newest task; nothing before the swarm has made one. */
export function taskToState(task: SwarmTask | undefined, limits: WorkerLimits): JobState {
  if (task === undefined) return waitingState('waiting for the swarm');
  const { State: state, Err: words = '' } = task.Status;
  // An unknown word is taken for a running job: a wrong end cannot be taken back.
  const meaning = TASK_MEANING.get(state) ?? 'running';
  const timestamp = task.Status.Timestamp ?? '';
  switch (meaning) {
    case 'waiting':
      return waitingState(words || (WAITING_MESSAGES.get(state) ?? 'being brought to its node'));
    case 'running':
      return { status: 'started', message: runningMessage(task), timestamp };
    case 'succeeded':
      return succeeded(timestamp);
    case 'lost':
      return lost(timestamp);
    case 'given-up':
      return exitCodeOf(task) === 0 ? givenUp(task) : failed(task, limits);
    case 'failed':
      return failed(task, limits);
  }
}

/** The swarm gives up a task when its node is down, and cannot know yet whether it still runs. */
function runningMessage({ DesiredState }: SwarmTask): string {
  return DesiredState === 'running' ? 'running' : 'being ended, or its node is down';
}

function waitingState(message: string): JobState {
  return { status: 'notstarted', message, timestamp: '' };
}

function succeeded(timestamp: string): JobState {
  const message = 'finished successfully';
  return { status: 'finishedSuccessfully', message, exitCode: 0, timestamp };
}

/**
 * The swarm wanted it to end. No success, whatever the exit code: it is 0 of a container that never
 * began too, and what had finished by itself is `complete`.
 */
function givenUp({ Status }: SwarmTask): JobState {
  const { Timestamp: timestamp = '', ContainerStatus } = Status;
  const when = (ContainerStatus?.ContainerID ?? '') === '' ? 'began' : 'had finished';
  const message = `given up by the swarm before it ${when}: its node was down or drained`;
  return { status: 'finishedWithError', reason: 'Evicted', message, timestamp };
}

function lost(timestamp: string): JobState {
  const message = 'its node has gone from the swarm';
  return { status: 'finishedWithError', reason: 'NodeLost', message, timestamp };
}

function failed(task: SwarmTask, { memory }: WorkerLimits): JobState {
  const { Err: words = '', Message: message = '', Timestamp: timestamp = '' } = task.Status;
  const exitCode = exitCodeOf(task);
  if (exitCode === 0 || !hasRun(task)) {
    const reason = REASONS.find(([pattern]) => pattern.test(words))?.[1] ?? 'BackendError';
    const sentence = `the swarm could not run it: ${words || message || task.Status.State}`;
    return { status: 'finishedWithError', reason, message: sentence, timestamp };
  }
  const meaning = explainExitCode(exitCode);
  const limit = `${Math.round(memory / 1024 / 1024)} MiB`;
  const isUnexplained = memory > 0 && exitCode === SIGKILL_EXIT;
  const guess = isUnexplained ? `, most likely out of memory (limit ${limit})` : '';
  return {
    status: 'finishedWithError',
    reason: meaning.reason,
    message: `${meaning.message}${guess}`,
    exitCode,
    timestamp,
  };
}

/** Whether nothing of it runs any more, or ever will. */
export function hasEnded({ Status }: SwarmTask): boolean {
  const meaning = TASK_MEANING.get(Status.State) ?? 'running';
  return meaning !== 'waiting' && meaning !== 'running';
}

/** Whether its node has it, and was not yet heard to run it. */
export function isStarting({ Status, NodeID = '' }: SwarmTask): boolean {
  return NodeID !== '' && TASK_MEANING.get(Status.State) === 'waiting';
}

/** Whether there is a container that has begun to run, or has been tried to. */
export function mayHaveLog({ Status }: SwarmTask): boolean {
  const id = Status.ContainerStatus?.ContainerID ?? '';
  return id !== '' && TASK_MEANING.get(Status.State) !== 'waiting';
}

function exitCodeOf({ Status }: SwarmTask): number {
  return Status.ContainerStatus?.ExitCode ?? 0;
}

/** A container that was never started has an exit code too, of the failed attempt. */
function hasRun({ Status }: SwarmTask): boolean {
  return !/^(?:starting|preparing)/.test(Status.Message ?? '') || Status.Err === undefined;
}
