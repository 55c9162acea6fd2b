/** A job to be submitted; absent means that the site decides. */
export interface SlurmSubmission {
  readonly name: string;
  /** One line. */
  readonly comment: string;
  /** More than one is a job array, numbered from 1 on. */
  readonly workers: number;
  readonly cpus: number | undefined;
  readonly memoryMebibytes: number | undefined;
  readonly gpus: number | undefined;
  readonly timeLimitMinutes: number | undefined;
  readonly partition: string | undefined;
  readonly account: string | undefined;
  readonly qos: string | undefined;
  readonly constraint: string | undefined;
  readonly script: string;
}

/** What SLURM says of one job, or of one task of a job array. */
export interface SlurmRow {
  /** One word, as `squeue` has it. */
  readonly state: string;
  readonly reason: string;
  /** ISO 8601, where accounting tells it. */
  readonly endedAt?: string;
}

/** By `job`, or by `job_task` for a job array. */
export type SlurmRows = ReadonlyMap<string, SlurmRow>;

/** What is asked of SLURM, whatever the transport. Every call ends with its signal; all throw SlurmError. */
export interface SlurmClient {
  /** How many questions to the controller one call of `queue` costs. */
  readonly questionsPerLook: number;
  /** How many jobs one call of `accounts` may name. */
  readonly maxAccounts: number;
  /** @returns the job's number */
  submit(submission: SlurmSubmission, signal: AbortSignal): Promise<string>;
  /** Every job of the user that the controller still knows, in whatever state. */
  queue(signal: AbortSignal): Promise<SlurmRows>;
  /** The rows of one job; none when the controller does not know it. */
  rowsOf(job: string, signal: AbortSignal): Promise<SlurmRows>;
  /** The user's jobs of a name, by number: their comments. */
  commentsOf(name: string, signal: AbortSignal): Promise<ReadonlyMap<string, string>>;
  /** What accounting knows of jobs that have left the queue. */
  accounts(jobs: readonly string[], signal: AbortSignal): Promise<SlurmRows>;
  /** A job that is not known is no error. */
  cancel(job: string, signal: AbortSignal): Promise<void>;
  /** @returns words about the controller, which answers */
  ping(signal: AbortSignal): Promise<string>;
}
