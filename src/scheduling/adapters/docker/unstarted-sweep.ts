import type { DockerEngine } from '../../../clients/docker-engine/docker-engine.js';
import type { JobName } from '../../domain/job-name.js';
import type { ListedContainer } from './docker-list.js';
import { isTime, STATE_MEANING } from './docker-status.js';

/**
 * How long a container stays that nobody starts, in milliseconds. A submission starts what it made,
 * or says that it failed, in much less: whoever made this has died in between, and nobody was told
 * that the job exists.
 */
const GRACE_MS = 600_000;

/**
 * Removes containers that were made for a job and never started. Whether one was is asked of the
 * engine just before, and the removal is one that a container that runs refuses.
 */
export class UnstartedSweep {
  private readonly firstSeen = new Map<string, number>();

  /** @param now milliseconds of a clock that never steps back */
  constructor(
    private readonly engine: DockerEngine,
    private readonly now: () => number,
  ) {}

  /** @param containers all of ours @param kept the jobs that are still being submitted */
  async sweep(
    containers: readonly ListedContainer[],
    kept: ReadonlySet<JobName>,
    signal: AbortSignal,
  ): Promise<void> {
    const unstarted = containers.filter(
      ({ state, job }) =>
        STATE_MEANING.get(state) === 'waiting' && job !== undefined && !kept.has(job),
    );
    const ids = new Set(unstarted.map(({ id }) => id));
    for (const id of this.firstSeen.keys()) if (!ids.has(id)) this.firstSeen.delete(id);
    for (const id of ids) {
      const since = this.firstSeen.get(id) ?? this.now();
      this.firstSeen.set(id, since);
      if (this.now() - since >= GRACE_MS) await this.remove(id, signal);
    }
  }

  private async remove(id: string, signal: AbortSignal): Promise<void> {
    const container = await this.engine.findContainer(id, signal);
    // It has run before the engine forgot how it ended.
    if (container === undefined || isTime(container.State.StartedAt)) return;
    await this.engine.removeUnstarted(id, signal);
  }
}
