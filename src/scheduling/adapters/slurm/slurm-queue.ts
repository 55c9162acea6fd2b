import type { SlurmClient, SlurmRow, SlurmRows } from '../../../clients/slurm/slurm-client.js';
import { SlurmError } from '../../../clients/slurm/slurm-error.js';
import { isEnd } from './slurm-status.js';

/** What SLURM listed at one moment, by `job` or `job_worker`. */
export interface QueueSnapshot {
  /** By the monotonic clock of this process: nothing that happened before is missing. */
  readonly asOf: number;
  readonly rows: SlurmRows;
}

const MIN_INTERVAL_MS = 2_000;
const MAX_INTERVAL_MS = 30_000;
/** The controller may spend at most one part in this many of its time on us. */
const SHARE = 10;
const DEADLINE_MS = 10_000;
/** Beyond its interval a look counts as the newest for this long while another one is under way. */
const PATIENCE_MS = 3_000;
/** Longer than accounting and shared storage lag. */
const LOST_AFTER_MS = 180_000;
const MAX_KEPT = 20_000;

/** One look at SLURM's queue for all jobs, shared by whoever wants to know. */
export class SlurmQueue {
  private latest: QueueSnapshot | undefined;
  private flight: Promise<QueueSnapshot> | undefined;
  private fault: { readonly error: unknown; readonly at: number } | undefined;
  private interval = MIN_INTERVAL_MS;
  private readonly missing = new Set<string>();
  private readonly absentSince = new Map<string, number>();
  private readonly accounted = new Map<string, SlurmRow>();

  constructor(
    private readonly client: Pick<SlurmClient, 'queue' | 'accounts' | 'maxAccounts'>,
    private readonly accounting: boolean,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /**
   * The newest look, never much older than an interval; a fault of SLURM is everybody's.
   * @throws SlurmError, also when `signal` ends the wait
   */
  async current(signal: AbortSignal): Promise<QueueSnapshot> {
    const { latest, fault } = this;
    const age = latest === undefined ? Infinity : this.now() - latest.asOf;
    if (latest !== undefined && age < this.interval) return latest;
    const isFaulty = fault !== undefined && this.now() - fault.at < MIN_INTERVAL_MS;
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
    const row = snapshot.rows.get(key) ?? this.accounted.get(key);
    if (row !== undefined) {
      this.absentSince.delete(key);
      return row;
    }
    this.missing.add(job);
    const since = this.absentSince.get(key) ?? snapshot.asOf;
    this.absentSince.set(key, since);
    return snapshot.asOf - since > LOST_AFTER_MS ? 'lost' : 'absent';
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
      if (this.accounting && this.missing.size > 0) await this.askAccounting(signal);
      this.latest = { asOf, rows };
      this.fault = undefined;
      return this.latest;
    } catch (error) {
      this.fault = { error, at: this.now() };
      throw error;
    } finally {
      const took = this.now() - asOf;
      this.interval = Math.min(Math.max(MIN_INTERVAL_MS, took * SHARE), MAX_INTERVAL_MS);
    }
  }

  /** One call for all. Its answer may lag: what it does not know yet is asked for again. */
  private async askAccounting(signal: AbortSignal): Promise<void> {
    const jobs = [...this.missing].slice(0, this.client.maxAccounts);
    const rows = await this.client
      .accounts(jobs, signal)
      // Nothing is proven without it; the jobs' own records may still come.
      .catch((): SlurmRows => new Map());
    if (this.accounted.size > MAX_KEPT) this.accounted.clear();
    if (this.absentSince.size > MAX_KEPT) this.absentSince.clear();
    for (const [key, row] of rows) {
      // It may not have heard of the end yet.
      if (isEnd(row.state)) this.accounted.set(key, row);
    }
    for (const job of jobs) this.missing.delete(job);
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
