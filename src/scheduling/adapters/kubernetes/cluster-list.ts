import { setTimeout as sleep } from 'node:timers/promises';
import type { KubernetesApi } from '../../../clients/kubernetes/kubernetes-api.js';
import type { Resource, ResourceObjects } from '../../../clients/kubernetes/kubernetes-objects.js';
import { hasExpired } from '../../../clients/kubernetes/watch-events.js';
import type { ClusterView } from './cluster-view.js';
import { OWN_SELECTOR } from './kubernetes-request.js';
import { pruneJob, prunePod } from './pruned-objects.js';

/** Nobody who waits for a list ends it: others may want it, and each of its pages has a deadline. */
const NEVER = new AbortController().signal;

interface Listed<T> {
  readonly objects: ReadonlyMap<string, T>;
  readonly version: string;
}

/** Reads all Jobs and pods into a view, a page at a time, of which nothing stays that is not needed. */
export class ClusterList {
  private reading: Promise<void> | undefined;
  private began = -Infinity;
  private took = 0;

  /** @param pause at least from the begin of one list to that of the next, in milliseconds */
  constructor(
    private readonly api: KubernetesApi,
    private readonly view: ClusterView,
    private readonly pause: number,
    private readonly now: () => number,
  ) {}

  get underway(): Promise<void> | undefined {
    return this.reading;
  }

  /** Milliseconds since the newest list began. */
  age(): number {
    return this.now() - this.began;
  }

  /** Once for all who want it: whoever comes after its begin gets what may be as old as that. */
  read(): Promise<void> {
    this.reading ??= this.readInTurn().finally(() => {
      this.reading = undefined;
    });
    return this.reading;
  }

  private async readInTurn(): Promise<void> {
    // No more than half of the time goes into lists.
    const wait = Math.max(this.pause, 2 * this.took) - this.age();
    if (wait > 0) await sleep(wait, undefined, { ref: false });
    this.began = this.now();
    try {
      // The pods after the Jobs: what a Job tells of its pods they tell too.
      const jobs = await this.readAll('jobs', pruneJob);
      this.view.replaceJobs(jobs.objects, jobs.version);
      const pods = await this.readAll('pods', prunePod);
      this.view.pods.replace(pods.objects, pods.version);
    } finally {
      this.took = this.age();
    }
  }

  private async readAll<R extends Resource>(
    resource: R,
    prune: (object: ResourceObjects[R]) => ResourceObjects[R],
  ): Promise<Listed<ResourceObjects[R]>> {
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await this.readPages(resource, prune);
      } catch (error) {
        if (!hasExpired(error) || attempt > 0) throw error;
        await sleep(this.pause, undefined, { ref: false });
      }
    }
  }

  private async readPages<R extends Resource>(
    resource: R,
    prune: (object: ResourceObjects[R]) => ResourceObjects[R],
  ): Promise<Listed<ResourceObjects[R]>> {
    const objects = new Map<string, ResourceObjects[R]>();
    let version = '';
    for await (const page of this.api.pages(resource, OWN_SELECTOR, NEVER)) {
      version = page.version;
      for (const object of page.objects) objects.set(object.metadata.uid, prune(object));
    }
    return { objects, version };
  }
}
