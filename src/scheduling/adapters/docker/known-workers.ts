import type { JobName } from '../../domain/job-name.js';
import { STATE_MEANING } from './docker-status.js';

/** More jobs than one engine has; beyond it the oldest are looked for again. */
const MAX_JOBS = 20_000;

/** What is looked at of a container. */
interface SeenContainer {
  readonly Id: string;
  readonly State: { readonly Status: string };
}

interface Workers {
  readonly ids: readonly string[];
  readonly haveEnded: boolean;
}

/**
 * The ids of the containers of jobs, as they were last seen: a log is read, and what has ended is
 * removed, without asking first whose it is, because an id is never used again.
 */
export class KnownWorkers {
  private readonly jobs = new Map<JobName, Workers>();

  /** In order, and only when all were there. */
  of(name: JobName): readonly string[] | undefined {
    return this.jobs.get(name)?.ids;
  }

  /** As `of`, but only when nothing of them ran any more; what has ended is never started again. */
  endedOf(name: JobName): readonly string[] | undefined {
    const workers = this.jobs.get(name);
    return workers?.haveEnded === true ? workers.ids : undefined;
  }

  /** @param workers in order, `undefined` for one that is gone */
  see(name: JobName, workers: readonly (SeenContainer | undefined)[]): void {
    this.forget(name);
    const present = workers.filter((worker) => worker !== undefined);
    if (present.length === 0 || present.length < workers.length) return;
    this.jobs.set(name, {
      ids: present.map(({ Id }) => Id),
      haveEnded: present.every(({ State }) => STATE_MEANING.get(State.Status) === 'ended'),
    });
    const [oldest] = this.jobs.keys();
    if (this.jobs.size > MAX_JOBS && oldest !== undefined) this.jobs.delete(oldest);
  }

  forget(name: JobName): void {
    this.jobs.delete(name);
  }
}
