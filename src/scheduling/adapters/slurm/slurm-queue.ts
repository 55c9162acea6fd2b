import type { SlurmClient, SlurmRow, SlurmRows } from '../../../clients/slurm/slurm-client.js';
import { SlurmError } from '../../../clients/slurm/slurm-error.js';
import { MIN_INTERVAL_MS, SharedPoll } from '../batch-api/shared-poll.js';
import { isEnd } from './slurm-status.js';
import { Spells } from './spells.js';

/** What SLURM listed at one moment, by `job` or `job_worker`. */
export interface QueueSnapshot {
  /** By the monotonic clock of this process: nothing that happened before is missing. */
  readonly asOf: number;
  readonly rows: SlurmRows;
}

/** Longer than accounting and shared storage lag. */
const LOST_AFTER_MS = 180_000;
const MAX_KEPT = 20_000;

type Asked = Pick<SlurmClient, 'queue' | 'accounts' | 'maxAccounts' | 'questionsPerLook'>;

/** One look at SLURM's queue for all jobs, shared by whoever wants to know. */
export class SlurmQueue {
  private readonly poll: SharedPoll<QueueSnapshot>;
  /** What the queue does not list and accounting is to be asked for: the keys of each job. */
  private readonly missing = new Map<string, Set<string>>();
  private readonly absent = new Spells();
  /** The ends that SLURM has told; it forgets them sooner than we do. */
  private readonly ended = new Map<string, SlurmRow>();

  constructor(
    private readonly client: Asked,
    private readonly accounting: boolean,
    now: () => number = () => performance.now(),
  ) {
    this.poll = new SharedPoll(
      (asOf, signal) => this.ask(asOf, signal),
      (cause) => new SlurmError('the queue was not told in time', false, { cause }),
      now,
      // Of the controller no more than one question in this time.
      MIN_INTERVAL_MS * client.questionsPerLook,
    );
  }

  /** @throws SlurmError, also when `signal` ends the wait */
  current(signal: AbortSignal): Promise<QueueSnapshot> {
    return this.poll.current(signal);
  }

  /** A job that has left the queue: the next look asks the accounting for it. */
  rowOf(
    snapshot: QueueSnapshot,
    job: string,
    worker: number,
    workers: number,
  ): SlurmRow | 'absent' | 'lost' {
    const key = workers > 1 ? `${job}_${worker}` : job;
    const row = snapshot.rows.get(key) ?? this.ended.get(key);
    if (row !== undefined) {
      this.absent.end(key);
      if (isEnd(row.state)) this.keepEnd(key, row);
      return row;
    }
    if (this.accounting) this.missing.set(job, (this.missing.get(job) ?? new Set()).add(key));
    else this.absent.note(key, snapshot.asOf);
    return this.absent.lengthOf(key) > LOST_AFTER_MS ? 'lost' : 'absent';
  }

  private async ask(asOf: number, signal: AbortSignal): Promise<QueueSnapshot> {
    const rows = await this.client.queue(signal);
    if (this.missing.size > 0) await this.askAccounting(asOf, signal);
    return { asOf, rows };
  }

  /** One call for all. Its answer may lag: what it does not know yet is asked for again. */
  private async askAccounting(asOf: number, signal: AbortSignal): Promise<void> {
    const asked = [...this.missing].slice(0, this.client.maxAccounts);
    const jobs = asked.map(([job]) => job);
    const rows = await this.client
      .accounts(jobs, signal)
      // The jobs' own records may still come; that nobody knows them is not proven without it.
      .catch(() => undefined);
    for (const [job, keys] of asked) {
      this.missing.delete(job);
      for (const key of keys) this.learn(key, rows, asOf);
    }
  }

  private learn(key: string, rows: SlurmRows | undefined, asOf: number): void {
    const row = rows?.get(key);
    if (rows !== undefined && row === undefined) {
      this.absent.note(key, asOf);
      return;
    }
    this.absent.end(key);
    // It may not have heard of the end yet.
    if (row !== undefined && isEnd(row.state)) this.keepEnd(key, row);
  }

  private keepEnd(key: string, row: SlurmRow): void {
    if (this.ended.size > MAX_KEPT) this.ended.clear();
    this.ended.set(key, row);
  }
}
