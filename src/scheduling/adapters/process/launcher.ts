import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { backendUnavailable } from '../../domain/scheduling-errors.js';
import { assertInTime } from './deadline.js';
import { toLaunchError } from './process-errors.js';
import type { WorkerPlan } from './process-request.js';
import { isLaunched } from './worker-files.js';

const POLL_MS = 5;
const LAUNCH_DEADLINE_MS = 10_000;

interface Outcome {
  error?: unknown;
  ended: boolean;
}

/**
 * Starts a worker's supervisor and waits until one, this or another, has taken the right to launch.
 * @throws DomainError `JobRefused` when the system refuses the command; retryable ones otherwise
 */
export async function launchWorker(
  plan: WorkerPlan,
  directory: string,
  signal: AbortSignal,
): Promise<void> {
  const outcome = spawnSupervisor(plan);
  const deadline = Date.now() + LAUNCH_DEADLINE_MS;
  for (;;) {
    if (outcome.error !== undefined) throw toLaunchError(outcome.error);
    // Asked before the look: a supervisor may launch and end in between.
    const { ended } = outcome;
    if (await isLaunched(directory)) return;
    if (ended) throw backendUnavailable('the job could not be started: its supervisor ended early');
    assertInTime(signal);
    if (Date.now() > deadline) throw backendUnavailable('the job was not started in time');
    await sleep(POLL_MS);
  }
}

/** In a session of its own, so that it outlives the service; with nothing of the service's own. */
function spawnSupervisor({ program, args, env }: WorkerPlan): Outcome {
  const outcome: Outcome = { ended: false };
  try {
    const child = spawn(program, args, { cwd: '/', env, detached: true, stdio: 'ignore' });
    child.once('error', (error) => {
      outcome.error = error;
    });
    child.once('exit', () => {
      outcome.ended = true;
    });
    child.unref();
  } catch (error) {
    outcome.error = error;
  }
  return outcome;
}
