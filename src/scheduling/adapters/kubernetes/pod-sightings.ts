import { EventEmitter, once } from 'node:events';
import type { JobObject, PodObject } from '../../../clients/kubernetes/kubernetes-objects.js';
import { isPodOf } from './worker-pods.js';

const JOB_NAME = 'batch.kubernetes.io/job-name';

/** What the watch shows of pods, for those who wait for the pods of a job. */
export class PodSightings {
  private readonly events = new EventEmitter().setMaxListeners(0);

  saw(pod: PodObject): void {
    const job = pod.metadata.labels?.[JOB_NAME];
    if (job !== undefined) this.events.emit(job, pod);
  }

  follow(job: JobObject): FollowedPods {
    return new FollowedPods(this.events, job);
  }
}

/** The pods of one Job as they were seen last, from when it is made until `end`. */
export class FollowedPods {
  private readonly pods = new Map<string, PodObject>();

  constructor(
    private readonly events: EventEmitter,
    private readonly job: JobObject,
  ) {
    events.on(job.metadata.name, this.keep);
  }

  all(): readonly PodObject[] {
    return [...this.pods.values()];
  }

  /** @returns whether a pod was seen within `ms`, and before an abort */
  isNextWithin(ms: number, signal: AbortSignal): Promise<boolean> {
    const either = AbortSignal.any([signal, AbortSignal.timeout(ms)]);
    return once(this.events, this.job.metadata.name, { signal: either }).then(
      () => true,
      () => false,
    );
  }

  /** @param listed every pod there is */
  replaceBy(listed: readonly PodObject[]): void {
    this.pods.clear();
    listed.forEach(this.keep);
  }

  end(): void {
    this.events.off(this.job.metadata.name, this.keep);
  }

  private readonly keep = (pod: PodObject): void => {
    if (isPodOf(this.job, pod)) this.pods.set(pod.metadata.name, pod);
  };
}
