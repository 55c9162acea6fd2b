import { parseAccounts, parseQueue } from './command-output.js';
import type { SlurmClient, SlurmRows, SlurmSubmission } from './slurm-client.js';
import type { SlurmCommands } from './slurm-commands.js';
import { SlurmError } from './slurm-error.js';

/** Without `--all` it leaves out a user's own jobs in partitions that are hidden from that user. */
const EVERY_JOB = ['--all', '--states=all', '--noheader'];
const QUEUE_ARGS = [...EVERY_JOB, '--array', '--format=%F|%K|%T|%r'];
const ACCOUNT_ARGS = [
  '--noheader',
  '--parsable2',
  '--allocations',
  '--format=JobID,State,End,Reason',
];
const NO_SUCH_JOB = /invalid job id/i;

/** SLURM by its user commands, as the user of this process. */
export class CommandSlurmClient implements SlurmClient {
  /** `squeue` asks for the partitions too, whatever its options. */
  readonly questionsPerLook = 2;
  readonly maxAccounts = 1_000;

  constructor(private readonly commands: SlurmCommands) {}

  async submit(submission: SlurmSubmission, signal: AbortSignal): Promise<string> {
    const { script } = submission;
    const answer = await this.commands.run('sbatch', sbatchArguments(submission), signal, script);
    const job = /^(\d+)(?:;|$)/m.exec(answer)?.[1];
    if (job === undefined) throw new SlurmError('sbatch gave no job number', false);
    return job;
  }

  async queue(signal: AbortSignal): Promise<SlurmRows> {
    return parseQueue(await this.commands.run('squeue', ['--me', ...QUEUE_ARGS], signal));
  }

  async rowsOf(job: string, signal: AbortSignal): Promise<SlurmRows> {
    const args = [...QUEUE_ARGS, `--jobs=${job}`];
    return parseQueue((await this.commands.run('squeue', args, signal).catch(ignoreUnknown)) ?? '');
  }

  async commentsOf(name: string, signal: AbortSignal): Promise<ReadonlyMap<string, string>> {
    const args = ['--me', ...EVERY_JOB, `--name=${name}`, '--format=%F|%k'];
    const comments = new Map<string, string>();
    for (const line of (await this.commands.run('squeue', args, signal)).split('\n')) {
      const [, job, comment] = /^\s*(\d+)\|(.*)$/.exec(line) ?? [];
      if (job !== undefined && comment !== undefined) comments.set(job, comment);
    }
    return comments;
  }

  async accounts(jobs: readonly string[], signal: AbortSignal): Promise<SlurmRows> {
    const args = [...ACCOUNT_ARGS, `--jobs=${jobs.join(',')}`];
    return parseAccounts(await this.commands.run('sacct', args, signal));
  }

  async cancel(job: string, signal: AbortSignal): Promise<void> {
    await this.commands.run('scancel', ['--quiet', '--', job], signal).catch(ignoreUnknown);
  }

  async ping(signal: AbortSignal): Promise<string> {
    return (await this.commands.run('scontrol', ['ping'], signal)).trim();
  }
}

/** Pure; the script goes to the standard input. */
export function sbatchArguments(submission: SlurmSubmission): readonly string[] {
  const { workers, memoryMebibytes } = submission;
  return [
    '--parsable',
    '--no-requeue',
    // The clean environment of the submitting command, and none of its limits.
    '--export=ALL',
    '--propagate=NONE',
    '--output=/dev/null',
    '--chdir=/',
    `--job-name=${submission.name}`,
    `--comment=${submission.comment}`,
    '--nodes=1',
    '--ntasks=1',
    ...(workers > 1 ? [`--array=1-${workers}`] : []),
    ...option('cpus-per-task', submission.cpus),
    ...option('mem', memoryMebibytes === undefined ? undefined : `${memoryMebibytes}M`),
    ...option('gpus', submission.gpus),
    ...option('time', submission.timeLimitMinutes),
    ...option('partition', submission.partition),
    ...option('account', submission.account),
    ...option('qos', submission.qos),
    ...option('constraint', submission.constraint),
  ];
}

function option(name: string, value: string | number | undefined): string[] {
  return value === undefined ? [] : [`--${name}=${value}`];
}

function ignoreUnknown(error: unknown): undefined {
  if (error instanceof SlurmError && NO_SUCH_JOB.test(error.words)) return undefined;
  throw error;
}
