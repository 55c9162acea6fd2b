import type { Job } from '../domain/job.js';
import type { JobName } from '../domain/job-name.js';
import { isFinal } from '../domain/job-status.js';
import type { ListedJob } from '../domain/scheduler.port.js';

/** Milliseconds of the monotonic clock. */
export type Moment = number;

interface Present {
  readonly kind: 'present';
  readonly job: Job;
  /** When the look-up that gave the job began: what it says is at least as new. */
  readonly asOf: Moment;
}

interface Tombstone {
  readonly kind: 'tombstone';
  readonly asOf: Moment;
}

/**
 * The last known state of every job. What enters carries the moment at which its look-up began, and
 * never overwrites what is newer; a state that is final never changes as long as the job is the same
 * object of the backend. No I/O, no clock of its own.
 */
export class JobTable {
  private readonly entries = new Map<JobName, Present | Tombstone>();
  private readonly liveNames = new Set<JobName>();

  get size(): number {
    return this.entries.size;
  }

  /** Jobs that the backend has. */
  get jobs(): number {
    return [...this.entries.values()].filter(({ kind }) => kind === 'present').length;
  }

  /** Jobs that may still change. */
  get live(): number {
    return this.liveNames.size;
  }

  /** The jobs that may still change. */
  *liveJobs(): Generator<Job> {
    for (const name of this.liveNames) {
      const job = this.get(name);
      if (job !== undefined) yield job;
    }
  }

  get(name: JobName): Job | undefined {
    const entry = this.entries.get(name);
    return entry?.kind === 'present' ? entry.job : undefined;
  }

  /** When the look-up or list began that last agreed with what `get` gives. */
  confirmedAt(name: JobName): Moment | undefined {
    const entry = this.entries.get(name);
    return entry?.kind === 'present' ? entry.asOf : undefined;
  }

  /** Takes the answer of a look-up; `undefined` means that the backend has no such job. */
  learn(name: JobName, job: Job | undefined, asOf: Moment): void {
    const known = this.entries.get(name);
    if (known !== undefined && known.asOf > asOf) return;
    if (job === undefined) {
      this.put(name, { kind: 'tombstone', asOf });
    } else {
      this.put(name, { kind: 'present', job: this.settle(known, job), asOf });
    }
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
      if (entry !== undefined && entry.asOf > asOf) continue;
      if (entry?.kind === 'present' && entry.job.mark === mark) {
        this.put(name, { ...entry, asOf });
      } else {
        dirty.push(name);
      }
    }
    for (const [name, entry] of this.entries) {
      if (entry.kind === 'present' && !seen.has(name) && entry.asOf <= asOf) {
        this.put(name, { kind: 'tombstone', asOf });
      }
    }
    return dirty;
  }

  /** Drops tombstones that nothing late can contradict any more. */
  dropTombstones(before: Moment): void {
    for (const [name, entry] of this.entries) {
      if (entry.kind === 'tombstone' && entry.asOf < before) this.entries.delete(name);
    }
  }

  private put(name: JobName, entry: Present | Tombstone): void {
    this.entries.set(name, entry);
    if (entry.kind === 'present' && !isFinal(entry.job.state.status)) this.liveNames.add(name);
    else this.liveNames.delete(name);
  }

  /** A final state stays, whatever a confused or late answer says about the same object. */
  private settle(known: Present | Tombstone | undefined, job: Job): Job {
    if (known?.kind !== 'present' || known.job.incarnation !== job.incarnation) return job;
    const { state } = known.job;
    if (!isFinal(state.status) || state.status === job.state.status) return job;
    return { ...job, state };
  }
}
