import type { KubernetesApi } from '../../../clients/kubernetes/kubernetes-api.js';
import type { JobObject, PodObject } from '../../../clients/kubernetes/kubernetes-objects.js';
import { Semaphore } from '../../../shared/semaphore.js';
import { WaitEnded } from '../../../shared/wait-ended.js';
import type { JobName } from '../../domain/job-name.js';
import { backendUnavailable, jobNotFound } from '../../domain/scheduling-errors.js';
import type { ClusterView, JobWithPods } from './cluster-view.js';
import { asSchedulingError } from './kubernetes-errors.js';
import { jidOf } from './kubernetes-job.js';
import { jobObjectName } from './kubernetes-names.js';
import { isPodOf, JOB_NAME_LABEL } from './worker-pods.js';

/** Look-ups at once: more would only wait for each other, and other calls for them. */
const PARALLEL = 12;

/** Asks the cluster itself for one job; the view sees what it answers. */
export class JobLookUps {
  private readonly gate = new Semaphore(PARALLEL);

  constructor(
    private readonly api: KubernetesApi,
    private readonly view: ClusterView,
  ) {}

  /** @throws DomainError `JobNotFound` also for an object of somebody else */
  async look(name: JobName, signal: AbortSignal): Promise<JobWithPods> {
    try {
      return await this.gate.run(() => this.lookNow(name, signal), signal);
    } catch (error) {
      if (!(error instanceof WaitEnded)) throw error;
      throw backendUnavailable('too many jobs are being looked up; ask again later', error);
    }
  }

  /** The pods of this very Job. */
  async pods(object: JobObject, signal: AbortSignal): Promise<readonly PodObject[]> {
    const selector = `${JOB_NAME_LABEL}=${object.metadata.name}`;
    const pods = await this.ask(this.api.list('pods', selector, signal));
    return pods.filter((pod) => isPodOf(object, pod));
  }

  async hasGone(object: JobObject, signal: AbortSignal): Promise<boolean> {
    const present = await this.ask(this.api.findJob(object.metadata.name, signal));
    if (present?.metadata.uid === object.metadata.uid) return false;
    return (await this.pods(object, signal)).length === 0;
  }

  private async lookNow(name: JobName, signal: AbortSignal): Promise<JobWithPods> {
    const known = this.view.objectOf(name);
    const object = await this.ask(this.api.findJob(jobObjectName(name), signal));
    if (known !== undefined && known.metadata.uid !== object?.metadata.uid) this.view.bury(known);
    if (object === undefined || jidOf(object) !== name) throw jobNotFound(name);
    // After the Job: what that tells of its pods they tell too.
    const pods = await this.pods(object, signal);
    this.view.saw(object);
    for (const pod of pods) this.view.pods.saw(pod);
    return { object, pods };
  }

  private ask<T>(answer: Promise<T>): Promise<T> {
    return asSchedulingError(answer, () => this.api.hasAnswered);
  }
}
