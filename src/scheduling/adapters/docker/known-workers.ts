import type { JobName } from '../../domain/job-name.js';

/** More jobs than one engine has; beyond it the oldest are looked for again. */
const MAX_JOBS = 20_000;

/**
 * The ids of the containers of jobs, as they were last seen: a log is read without asking first whose
 * it is, because an id is never used again.
 */
export class KnownWorkers {
  private readonly ids = new Map<JobName, readonly string[]>();

  /** In order, and only when all were there. */
  of(name: JobName): readonly string[] | undefined {
    return this.ids.get(name);
  }

  /** @param workers in order, `undefined` for one that is gone */
  see(name: JobName, workers: readonly ({ readonly Id: string } | undefined)[]): void {
    this.forget(name);
    const present = workers.filter((worker) => worker !== undefined);
    if (present.length === 0 || present.length < workers.length) return;
    this.ids.set(
      name,
      present.map(({ Id }) => Id),
    );
    const [oldest] = this.ids.keys();
    if (this.ids.size > MAX_JOBS && oldest !== undefined) this.ids.delete(oldest);
  }

  forget(name: JobName): void {
    this.ids.delete(name);
  }
}
