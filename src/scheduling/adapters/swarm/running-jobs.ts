import type { Job } from '../../domain/job.js';
import { isFinal } from '../../domain/job-status.js';

const WITHOUT_TASK = 'the swarm has no task of it any more, and does not tell how it ended';

/**
 * Jobs that have been seen running. One whose task has vanished looks like one that has not begun, and
 * would be told so to a client that knows better.
 */
export class RunningJobs {
  private readonly byService = new Map<string, Job>();

  /** @returns the job, or, where it has gone back to waiting, as it was when it ran */
  settle(job: Job): Job {
    const { incarnation, state, mark } = job;
    if (state.status === 'started') this.byService.set(incarnation, job);
    else if (isFinal(state.status)) this.byService.delete(incarnation);
    else {
      const known = this.byService.get(incarnation);
      if (known !== undefined) {
        return { ...known, mark, state: { ...known.state, message: WITHOUT_TASK } };
      }
    }
    return job;
  }

  /** @param services ids of all that there are */
  keepOnly(services: ReadonlySet<string>): void {
    for (const id of this.byService.keys()) if (!services.has(id)) this.byService.delete(id);
  }
}
