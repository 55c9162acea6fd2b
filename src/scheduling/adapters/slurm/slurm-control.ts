import { setTimeout as sleep } from 'node:timers/promises';
import type { SlurmClient, SlurmSubmission } from '../../../clients/slurm/slurm-client.js';
import type { JobName } from '../../domain/job-name.js';
import { backendUnavailable } from '../../domain/scheduling-errors.js';
import { isEnd } from './slurm-status.js';

const ASK_AGAIN_MS = 300;
const CLEAR_DEADLINE_MS = 5_000;
const SUBMIT_DEADLINE_MS = 20_000;

/** What is done to single jobs, at a user's request. */
export class SlurmControl {
  constructor(private readonly client: SlurmClient) {}

  /** @returns SLURM's number of the job. @throws SlurmError */
  submit(submission: SlurmSubmission, signal: AbortSignal): Promise<string> {
    const time = AbortSignal.any([signal, AbortSignal.timeout(SUBMIT_DEADLINE_MS)]);
    return this.client.submit(submission, time);
  }

  /** The jobs of a run, in whatever state; more than one only after lost answers. */
  async jobsOfRun(name: JobName, runId: string, signal: AbortSignal): Promise<readonly string[]> {
    const comments = await this.client.commentsOf(name, signal);
    return [...comments].flatMap(([job, comment]) => (comment.includes(runId) ? [job] : []));
  }

  cancel(job: string, signal: AbortSignal): Promise<void> {
    return this.client.cancel(job, signal);
  }

  /** Waits until SLURM has ended every process of the job. */
  async untilEnded(
    job: string,
    hasEnded: () => Promise<boolean>,
    signal: AbortSignal,
  ): Promise<void> {
    while (!(await hasEnded())) {
      const rows = [...(await this.client.rowsOf(job, signal)).values()];
      if (rows.every(({ state }) => isEnd(state))) return;
      await pause(signal);
    }
  }

  /** Waits a little until SLURM has seen the end of a job that has ended; it need not answer. */
  async untilCleared(job: string, signal: AbortSignal): Promise<void> {
    const time = AbortSignal.any([signal, AbortSignal.timeout(CLEAR_DEADLINE_MS)]);
    const never = (): Promise<boolean> => Promise.resolve(false);
    await this.untilEnded(job, never, time).catch(() => undefined);
  }

  ping(signal: AbortSignal): Promise<string> {
    return this.client.ping(signal);
  }
}

async function pause(signal: AbortSignal): Promise<void> {
  try {
    await sleep(ASK_AGAIN_MS, undefined, { signal });
  } catch (cause) {
    throw backendUnavailable('SLURM has not ended the job in time', cause);
  }
}
