import type { SlurmClient, SlurmRow, SlurmRows } from '../../../clients/slurm/slurm-client.js';
import { SlurmError } from '../../../clients/slurm/slurm-error.js';
import { isEnd } from './slurm-status.js';
import { Spells } from './spells.js';

/** What SLURM listed at one moment, by `job` or `job_worker`. */
export interface QueueSnapshot {
  /** By the monotonic clock of this process: nothing that happened before is missing. */
  readonly asOf: number;
  readonly rows: SlurmRows;
}

/** The controller is asked no more than one question in this time. */
const QUESTION_MS = 2_000;
const MAX_INTERVAL_MS = 30_000;
/** The controller may spend at most one part in this many of its time on us. */
const SHARE = 10;
const DEADLINE_MS = 10_000;
/** Beyond its interval a look counts as the newest for this long while another one is under way. */
const PATIENCE_MS = 3_000;
/** Longer than accounting and shared storage lag. */
const LOST_AFTER_MS = 180_000;
const MAX_KEPT = 20_000;

type Asked = Pick<SlurmClient, 'queue' | 'accounts' | 'maxAccounts' | 'questionsPerLook'>;

/** One look at SLURM's queue for all jobs, shared by whoever wants to know. */
export class SlurmQueue {
  private latest: QueueSnapshot | undefined;
  private flight: Promise<QueueSnapshot> | undefined;
  private fault: { readonly error: unknown; readonly at: number } | undefined;
  private readonly minInterval: number;
  private interval: number;
  /** What the queue does not list and accounting is to be asked for: the keys of each job. */
  private readonly missing = new Map<string, Set<string>>();
  private readonly absent = new Spells();
  /** The ends that SLURM has told; it forgets them sooner than we do. */
  private readonly ended = new Map<string, SlurmRow>();

  constructor(
    private readonly client: Asked,
    private readonly accounting: boolean,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.minInterval = QUESTION_MS * client.questionsPerLook;
    this.interval = this.minInterval;
  }

  /**
   * The newest look, never much older than an interval; a fault of SLURM is everybody's.
   * @throws SlurmError, also when `signal` ends the wait
   */
  async current(signal: AbortSignal): Promise<QueueSnapshot> {
    const { latest, fault } = this;
    const age = latest === undefined ? Infinity : this.now() - latest.asOf;
    if (latest !== undefined && age < this.interval) return latest;
    const isFaulty = fault !== undefined && this.now() - fault.at < QUESTION_MS;
    if (!isFaulty) this.flight ??= this.look();
    // What the records say must not wait for what the queue says; a fault is told when it lasts.
    if (latest !== undefined && age < this.interval + PATIENCE_MS) return latest;
    if (fault !== undefined) throw fault.error;
    return Promise.race([this.flight ?? this.look(), untilAborted(signal)]);
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

  private look(): Promise<QueueSnapshot> {
    const flight = this.ask().finally(() => {
      this.flight = undefined;
    });
    // Not everybody waits for it.
    flight.catch(() => undefined);
    return flight;
  }

  private async ask(): Promise<QueueSnapshot> {
    const asOf = this.now();
    const signal = AbortSignal.timeout(DEADLINE_MS);
    try {
      const rows = await this.client.queue(signal);
      if (this.missing.size > 0) await this.askAccounting(asOf, signal);
      this.latest = { asOf, rows };
      this.fault = undefined;
      return this.latest;
    } catch (error) {
      this.fault = { error, at: this.now() };
      throw error;
    } finally {
      const took = this.now() - asOf;
      this.interval = Math.min(Math.max(this.minInterval, took * SHARE), MAX_INTERVAL_MS);
    }
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

function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const end = (): void =>
      reject(new SlurmError('the queue was not told in time', false, { cause: signal.reason }));
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
  });
}
