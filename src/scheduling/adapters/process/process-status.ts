import type { Mebibytes, Seconds } from '../../../shared/units.js';
import { explainExitCode, type FailureReason } from '../../domain/failure-reason.js';
import type { JobState } from '../../domain/job.js';
import { reachedLimit, timeLimitFailure } from '../../domain/time-limit.js';
import type { EndPhase, WorkerEnd, WorkerFacts } from './worker-facts.js';

/** What a worker's state needs to know of its job. */
export interface JobLimits {
  readonly memoryLimit: Mebibytes;
  readonly timeLimit: Seconds | undefined;
  /** Names of the limits that were asked for and are not enforced. */
  readonly unenforced: readonly string[];
}

type Failure = { readonly reason: FailureReason; readonly message: string };

const CANCELLED: Failure = { reason: 'Cancelled', message: 'cancelled' };
const LOST: Failure = {
  reason: 'NodeLost',
  message: 'the process that watched over the job has gone without leaving a result',
};

/** Ends that say nothing about the command itself. */
const EARLY_ENDS: Readonly<Record<Exclude<EndPhase, 'ran' | 'cancelled'>, Failure>> = {
  mount: { reason: 'MountFailed', message: 'the directories of the job could not be mounted' },
  limits: { reason: 'BackendError', message: 'the limits of the job could not be set' },
};

/** The state of one worker; pure. */
export function workerState(facts: WorkerFacts, limits: JobLimits): JobState {
  const state = bareState(facts, limits);
  return { ...state, message: `${state.message}${unenforcedWords(limits)}` };
}

function bareState(facts: WorkerFacts, limits: JobLimits): JobState {
  const { launch, end, supervised, cancelled } = facts;
  if (end !== undefined) return endState(end, limits, launch?.at ?? '');
  if (launch === undefined) {
    return { status: 'notstarted', message: 'waiting to be started', timestamp: '' };
  }
  if (launch.supervisor === undefined) return failed(CANCELLED, launch.at);
  if (supervised) return { status: 'started', message: 'running', timestamp: launch.at };
  return failed(cancelled ? CANCELLED : LOST, launch.at);
}

function endState(end: WorkerEnd, limits: JobLimits, startedAt: string): JobState {
  const { at, exitCode, phase } = end;
  if (phase === 'mount' || phase === 'limits') return failed(EARLY_ENDS[phase], at);
  if (phase === 'cancelled') {
    const { timeLimit } = limits;
    const isLate = timeLimit !== undefined && reachedLimit(startedAt, at, timeLimit);
    return { ...failed(isLate ? timeLimitFailure(timeLimit) : CANCELLED, at), exitCode };
  }
  if (exitCode === 0) {
    return {
      status: 'finishedSuccessfully',
      message: 'finished successfully',
      exitCode,
      timestamp: at,
    };
  }
  const failure = end.outOfMemoryKills > 0 ? outOfMemory(limits) : explainExitCode(exitCode);
  return { ...failed(failure, at), exitCode };
}

function failed({ reason, message }: Failure, timestamp: string): JobState {
  return { status: 'finishedWithError', message, reason, timestamp };
}

function outOfMemory({ memoryLimit }: JobLimits): Failure {
  const message = `out of memory: the job used more than its limit of ${memoryLimit} MiB`;
  return { reason: 'OutOfMemory', message };
}

function unenforcedWords({ unenforced }: JobLimits): string {
  if (unenforced.length === 0) return '';
  return ` (not enforced here: ${unenforced.map((name) => `the ${name} limit`).join(', ')})`;
}
