import type { ContainerInspectInfo } from 'dockerode';
import type { EngineKind } from '../../../clients/docker-engine/docker-engine.js';
import { explainExitCode } from '../../domain/failure-reason.js';
import type { JobState } from '../../domain/job.js';
import { reachedLimit, timeLimitFailure } from '../../domain/time-limit.js';
import type { Seconds } from '../../../shared/units.js';
import { isLastingStartFailure } from './start-failures.js';

type ContainerState = ContainerInspectInfo['State'];

/** What a container's state word means for a job. */
export type StateMeaning = 'waiting' | 'running' | 'ended';

/**
 * Docker: https://docs.docker.com/reference/api/engine/ (ContainerState.Status);
 * Podman: libpod `define/containerstate.go`.
 */
export const STATE_MEANING: ReadonlyMap<string, StateMeaning> = new Map(
  Object.entries({
    created: 'waiting',
    configured: 'waiting',
    initialized: 'waiting',
    running: 'running',
    paused: 'running',
    restarting: 'running',
    stopping: 'running',
    removing: 'ended',
    dead: 'ended',
    exited: 'ended',
    stopped: 'ended',
  } as const),
);

const RUNNING_MESSAGES: ReadonlyMap<string, string> = new Map([
  ['paused', 'paused on the engine'],
  ['stopping', 'being stopped'],
]);

/** Docker's and Podman's ways to say "not yet". */
const NEVER = '0001-01-01T00:00:00Z';

/** 128 + SIGTERM and 128 + SIGKILL. */
const STOP_EXITS: ReadonlySet<number> = new Set([143, 137]);

/** 128 + SIGKILL. On cgroup v1 Podman does not say whether the kernel sent it for want of memory. */
const SIGKILL_EXIT = 137;

const LOST = {
  reason: 'BackendError',
  message: 'the engine lost it while it ran, most likely because its machine was restarted',
} as const;

export interface WorkerLimits {
  /** In bytes, 0 for none. */
  readonly memory: number;
  readonly time: Seconds | undefined;
}

/** The state of one worker. */
export function containerToState(
  state: ContainerState,
  { memory: memoryLimit, time }: WorkerLimits,
  engine: EngineKind = 'docker',
): JobState {
  // An unknown word is taken for a running job: a wrong end cannot be taken back.
  const meaning = STATE_MEANING.get(state.Status) ?? 'running';
  const timestamp = timestampOf(state);
  // One that is removed before its start has the exit code 0, but has not succeeded.
  if (wasNeverStarted(state, meaning)) return waiting(state);
  if (wasLost(state, meaning)) return { ...failed(state, timestamp), ...LOST };
  if (meaning === 'running') {
    return {
      status: 'started',
      message: RUNNING_MESSAGES.get(state.Status) ?? 'running',
      timestamp,
    };
  }
  if (state.OOMKilled) {
    return {
      ...failed(state, timestamp),
      reason: 'OutOfMemory',
      message: outOfMemory(memoryLimit),
    };
  }
  if (state.ExitCode === 0) {
    return {
      status: 'finishedSuccessfully',
      message: 'finished successfully',
      exitCode: 0,
      timestamp,
    };
  }
  if (time !== undefined && wasEndedAtLimit(state, time)) {
    return { ...failed(state, timestamp), ...timeLimitFailure(time) };
  }
  const { reason, message } = explainExitCode(state.ExitCode);
  const isUnexplained = engine === 'podman' && memoryLimit > 0 && state.ExitCode === SIGKILL_EXIT;
  const guess = isUnexplained ? `, most likely out of memory${limitWords(memoryLimit)}` : '';
  return { ...failed(state, timestamp), reason, message: `${message}${guess}` };
}

/** Ended by the signals of a stop, and not before its time was up. */
function wasEndedAtLimit({ ExitCode, StartedAt, FinishedAt }: ContainerState, time: Seconds) {
  return STOP_EXITS.has(ExitCode) && reachedLimit(StartedAt, FinishedAt, time);
}

function wasNeverStarted({ Status, StartedAt }: ContainerState, meaning: StateMeaning): boolean {
  return (
    (meaning === 'waiting' || Status === 'removing' || Status === 'dead') && !isTime(StartedAt)
  );
}

/**
 * Whether it has begun and the engine knows no end of it. Podman puts what its machine was restarted
 * under back among those that wait, or calls it ended with the exit code 0.
 */
function wasLost({ FinishedAt, ExitCode }: ContainerState, meaning: StateMeaning): boolean {
  return meaning === 'waiting' || (meaning === 'ended' && ExitCode === 0 && !isTime(FinishedAt));
}

function waiting(state: ContainerState): JobState {
  const words = errorWords(state);
  // A start that may be tried again is no end of the job.
  if (!isLastingStartFailure(words))
    return { status: 'notstarted', message: 'waiting to be started', timestamp: '' };
  const message = `the engine could not start it: ${words}`;
  return { ...failed(state, ''), reason: 'BadCommand', message };
}

function failed(state: ContainerState, timestamp: string): JobState {
  return { status: 'finishedWithError', message: '', exitCode: state.ExitCode, timestamp };
}

function outOfMemory(memoryLimit: number): string {
  return `killed because it ran out of memory${limitWords(memoryLimit)}`;
}

function limitWords(memoryLimit: number): string {
  return memoryLimit > 0 ? ` (limit ${Math.round(memoryLimit / 1024 / 1024)} MiB)` : '';
}

/** The engine's explanation of a failed start. */
export function errorWords(state: ContainerState): string {
  const { Error: words } = state as { Error?: string };
  return words?.trim() ?? '';
}

function timestampOf({ FinishedAt, StartedAt }: ContainerState): string {
  if (isTime(FinishedAt)) return FinishedAt;
  return isTime(StartedAt) ? StartedAt : '';
}

/** Whether the engine has put a time there. */
export function isTime(text: string | undefined): text is string {
  return text !== undefined && text !== '' && text !== NEVER;
}
