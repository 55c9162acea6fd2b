import { setTimeout as sleep } from 'node:timers/promises';
import type { SlurmCommands } from '../../../clients/slurm/slurm-commands.js';
import { SlurmError } from '../../../clients/slurm/slurm-error.js';
import type { JobName } from '../../domain/job-name.js';
import { parseQueue } from './slurm-queue.js';
import { isEnd } from './slurm-status.js';
import type { Submission } from './slurm-request.js';

const ASK_AGAIN_MS = 300;
const CLEAR_DEADLINE_MS = 5_000;
const SUBMIT_DEADLINE_MS = 20_000;
const NO_SUCH_JOB = /invalid job id/i;

/** What is done to single jobs, at a user's request. */
export class SlurmControl {
  constructor(private readonly commands: SlurmCommands) {}

  /** @returns SLURM's number of the job. @throws SlurmError */
  async submit({ args, script }: Submission, signal: AbortSignal): Promise<string> {
    const time = AbortSignal.any([signal, AbortSignal.timeout(SUBMIT_DEADLINE_MS)]);
    const answer = await this.commands.run('sbatch', args, time, script);
    const job = /^(\d+)(?:;|$)/m.exec(answer)?.[1];
    if (job === undefined) throw new SlurmError('sbatch gave no job number', false);
    return job;
  }

  /** The jobs of a run, in whatever state; more than one only after lost answers. */
  async jobsOfRun(name: JobName, runId: string, signal: AbortSignal): Promise<readonly string[]> {
    const args = ['--me', '--states=all', '--noheader', `--name=${name}`, '--format=%F|%k'];
    const text = await this.commands.run('squeue', args, signal);
    const lines = text.split('\n').filter((line) => line.includes(runId));
    return [...new Set(lines.flatMap((line) => /^\s*(\d+)\|/.exec(line)?.[1] ?? []))];
  }

  async cancel(job: string, signal: AbortSignal): Promise<void> {
    await this.commands.run('scancel', ['--quiet', '--', job], signal).catch(ignoreUnknown);
  }

  /** Waits until SLURM has ended every process of the job. */
  async untilEnded(
    job: string,
    hasEnded: () => Promise<boolean>,
    signal: AbortSignal,
  ): Promise<void> {
    const args = ['--states=all', '--array', '--noheader', '--format=%F|%K|%T|%r', `--jobs=${job}`];
    while (!(await hasEnded())) {
      const text = (await this.commands.run('squeue', args, signal).catch(ignoreUnknown)) ?? '';
      const rows = [...parseQueue(text).values()];
      if (rows.every(({ state }) => isEnd(state))) return;
      await sleep(ASK_AGAIN_MS, undefined, { signal });
    }
  }

  /** Waits a little until SLURM has seen the end of a job that has ended; it need not answer. */
  async untilCleared(job: string, signal: AbortSignal): Promise<void> {
    const time = AbortSignal.any([signal, AbortSignal.timeout(CLEAR_DEADLINE_MS)]);
    const never = (): Promise<boolean> => Promise.resolve(false);
    await this.untilEnded(job, never, time).catch(() => undefined);
  }

  async ping(signal: AbortSignal): Promise<string> {
    return (await this.commands.run('scontrol', ['ping'], signal)).trim();
  }
}

function ignoreUnknown(error: unknown): undefined {
  if (error instanceof SlurmError && NO_SUCH_JOB.test(error.words)) return undefined;
  throw error;
}
