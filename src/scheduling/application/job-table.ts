import type { Job } from '../domain/job.js';
import type { JobName } from '../domain/job-name.js';
import { isFinal } from '../domain/job-status.js';
import type { ListedJob } from '../domain/scheduler.port.js';

/** Milliseconds of the monotonic clock. */
export type Moment = number;

interface Present {
  readonly job: Job;
  /** When the look-up that gave the job began: what it says is at least as new. */
  readonly asOf: Moment;
}

/** What the table has learnt; `job` is absent when the backend has no such job any more. */
export interface TableChange {
  readonly name: JobName;
  readonly before: Job | undefined;
  readonly job: Job | undefined;
}

/** Names that nobody has ever used are asked for too: of so many is remembered that they are none. */
const MAX_TOMBSTONES = 10_000;

/**
 * The last known state of every job. What enters carries the moment at which its look-up began, and
 * never overwrites what is newer; a state that is final never changes as long as the job is the same
 * object of the backend. No I/O, no clock of its own.
 */
export class JobTable {
  private readonly entries = new Map<JobName, Present>();
  /** When each of the jobs was found to be gone, the oldest first. */
  private readonly tombstones = new Map<JobName, Moment>();
  private readonly liveNames = new Set<JobName>();
  private readonly observers: ((change: TableChange) => void)[] = [];

  /** Jobs that the backend has. */
  get jobs(): number {
    return this.entries.size;
  }

  /** Jobs that may still change. */
  get live(): number {
    return this.liveNames.size;
  }

  /** Names that are remembered as removed or unknown. */
  get gone(): number {
    return this.tombstones.size;
  }

  /** The jobs that may still change. */
  *liveJobs(): Generator<Job> {
    for (const name of this.liveNames) {
      const job = this.get(name);
      if (job !== undefined) yield job;
    }
  }

  /** Tells of every job that is new, has another state or is gone. */
  observe(observer: (change: TableChange) => void): void {
    this.observers.push(observer);
  }

  get(name: JobName): Job | undefined {
    return this.entries.get(name)?.job;
  }

  /** When the look-up or list began that last agreed with what `get` gives. */
  confirmedAt(name: JobName): Moment | undefined {
    return this.entries.get(name)?.asOf;
  }

  /** Takes the answer of a look-up; `undefined` means that the backend has no such job. */
  learn(name: JobName, job: Job | undefined, asOf: Moment): void {
    const known = this.entries.get(name);
    const newest = known?.asOf ?? this.tombstones.get(name);
    if (newest !== undefined && newest > asOf) return;
    if (job === undefined) this.bury(name, asOf);
    else this.put(settle(known?.job, job), asOf);
  }

  /**
   * Compares with a list whose reading began at `asOf`: confirms what agrees, forgets what the list
   * does not have unless it is newer than the list.
   * @returns the jobs whose state the list does not confirm: each needs a look-up.
   */
  compare(listed: readonly ListedJob[], asOf: Moment): readonly JobName[] {
    const seen = new Set<JobName>();
    const dirty: JobName[] = [];
    for (const { name, mark } of listed) {
      seen.add(name);
      const entry = this.entries.get(name);
      const newest = entry?.asOf ?? this.tombstones.get(name);
      if (newest !== undefined && newest > asOf) continue;
      if (entry?.job.mark === mark) this.entries.set(name, { ...entry, asOf });
      else dirty.push(name);
    }
    for (const [name, entry] of this.entries) {
      if (!seen.has(name) && entry.asOf <= asOf) this.bury(name, asOf);
    }
    return dirty;
  }

  /** Drops tombstones that nothing late can contradict any more. */
  dropTombstones(before: Moment): void {
    for (const [name, asOf] of this.tombstones) {
      if (asOf < before) this.tombstones.delete(name);
    }
  }

  private put(job: Job, asOf: Moment): void {
    const before = this.get(job.name);
    this.tombstones.delete(job.name);
    this.entries.set(job.name, { job, asOf });
    if (isFinal(job.state.status)) this.liveNames.delete(job.name);
    else this.liveNames.add(job.name);
    this.tell({ name: job.name, before, job });
  }

  private bury(name: JobName, asOf: Moment): void {
    const before = this.get(name);
    this.entries.delete(name);
    this.liveNames.delete(name);
    this.tombstones.delete(name);
    this.tombstones.set(name, asOf);
    const [oldest] = this.tombstones.keys();
    if (this.tombstones.size > MAX_TOMBSTONES && oldest !== undefined) {
      this.tombstones.delete(oldest);
    }
    if (before !== undefined) this.tell({ name, before, job: undefined });
  }

  private tell(change: TableChange): void {
    for (const observer of this.observers) observer(change);
  }
}

/** A final state stays as it is, whatever a confused or late answer says about the same object. */
function settle(known: Job | undefined, job: Job): Job {
  if (known === undefined || known.incarnation !== job.incarnation) return job;
  return isFinal(known.state.status) ? { ...job, state: known.state } : job;
}
