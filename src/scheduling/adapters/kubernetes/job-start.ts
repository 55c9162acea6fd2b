import type { KubernetesApi } from '../../../clients/kubernetes/kubernetes-api.js';
import { KubernetesError } from '../../../clients/kubernetes/kubernetes-error.js';
import type { JobObject, PodObject } from '../../../clients/kubernetes/kubernetes-objects.js';
import type { DomainError } from '../../../shared/domain-error.js';
import { Semaphore } from '../../../shared/semaphore.js';
import { WaitEnded } from '../../../shared/wait-ended.js';
import type { JobSpec } from '../../domain/job-spec.js';
import {
  backendUnavailable,
  imageUnavailable,
  jobConflict,
  jobRefused,
  nameTaken,
} from '../../domain/scheduling-errors.js';
import type { ClusterView } from './cluster-view.js';
import {
  asSchedulingError,
  isPassingPullRefusal,
  toCreateError,
  toSchedulingError,
  withoutHostPaths,
} from './kubernetes-errors.js';
import { isBeingRemoved, jidOf, specHashOf } from './kubernetes-job.js';
import { jobObjectName } from './kubernetes-names.js';
import type { KubernetesOptions } from './kubernetes-options.js';
import { buildJob } from './kubernetes-request.js';
import { runtimeWords } from './container-words.js';
import { couldNotStart, terminatedContainer } from './pod-failure.js';
import { podWait } from './pod-waiting.js';
import { JOB_NAME_LABEL } from './worker-pods.js';

/** A job that cannot start is refused when the cluster says so within this time, in milliseconds. */
const SETTLE_MS = 30_000;
/** For how long nothing is heard of the pods before they are looked at: at first, and at most. */
const FIRST_SILENCE_MS = 1_000;
const LAST_SILENCE_MS = 8_000;
/** Calls at once: more would only wait for each other, and other calls for them. */
const PARALLEL_CALLS = 12;

interface CreatedJob {
  readonly object: JobObject;
  /** Whether this call has made it: of any other somebody may have been told already. */
  readonly isNew: boolean;
}

/** Creates Jobs and sees how they start. */
export class JobStart {
  private readonly gate = new Semaphore(PARALLEL_CALLS);

  /** @param isCurrent whether the view shows what happens */
  constructor(
    private readonly api: KubernetesApi,
    private readonly options: KubernetesOptions,
    private readonly view: ClusterView,
    private readonly isCurrent: () => boolean,
  ) {}

  /**
   * The Job of a spec, made now or by an earlier call.
   * @throws DomainError `NameTaken`, `JobConflict`; `JobRefused` with the cluster's words
   */
  async create(spec: JobSpec, signal: AbortSignal): Promise<CreatedJob> {
    const job = buildJob(spec, this.options);
    try {
      const object = await this.gate.run(() => this.api.createJob(job, signal), signal);
      this.view.saw(object);
      return { object, isNew: true };
    } catch (error) {
      if (error instanceof WaitEnded) {
        throw backendUnavailable(
          'the cluster did not take the jobs before this one in time',
          error,
        );
      }
      const exists = error instanceof KubernetesError && error.reason === 'AlreadyExists';
      if (!exists) throw toCreateError(error, spec, this.api.hasAnswered);
      return { object: await this.adopt(spec, signal), isNew: false };
    }
  }

  /**
   * Waits until each pod has begun, or waits for something that takes long. The watch tells what
   * becomes of them; they are looked at only where there is none.
   * @returns why the job cannot run, if the cluster says so soon
   */
  async settle(
    spec: JobSpec,
    object: JobObject,
    signal: AbortSignal,
  ): Promise<DomainError | undefined> {
    if (object.spec?.suspend === true) return undefined;
    const { name, uid } = object.metadata;
    const { pods } = this.view;
    const limit = AbortSignal.any([signal, AbortSignal.timeout(SETTLE_MS)]);
    let silence = FIRST_SILENCE_MS;
    while (!limit.aborted && !this.view.hasEnded(object)) {
      const own = pods.of(uid);
      const refusal = own.map((pod) => refusalOf(spec, pod)).find((error) => error !== undefined);
      if (refusal !== undefined) return refusal;
      if (own.length >= spec.workers && own.every(isSettled)) return undefined;
      if (await pods.changesWithin(uid, silence, limit)) continue;
      if (limit.aborted || this.isCurrent()) continue;
      silence = Math.min(2 * silence, LAST_SILENCE_MS);
      for (const pod of await this.look(name, signal)) pods.saw(pod);
    }
    return undefined;
  }

  /** Nothing when there was no time for it. */
  private async look(job: string, signal: AbortSignal): Promise<readonly PodObject[]> {
    const list = () => this.api.list('pods', `${JOB_NAME_LABEL}=${job}`, signal);
    try {
      return await this.gate.run(list, signal);
    } catch (error) {
      if (error instanceof WaitEnded) return [];
      throw toSchedulingError(error, this.api.hasAnswered);
    }
  }

  private async adopt(spec: JobSpec, signal: AbortSignal): Promise<JobObject> {
    const find = this.api.findJob(jobObjectName(spec.name), signal);
    const object = await asSchedulingError(find, () => this.api.hasAnswered);
    if (object === undefined) throw backendUnavailable('a job of that name has just gone');
    if (jidOf(object) !== spec.name) throw nameTaken(spec.name);
    if (isBeingRemoved(object)) throw backendUnavailable('a job of that name is being removed');
    if (specHashOf(object) !== spec.specHash) throw jobConflict(spec.name);
    this.view.saw(object);
    return object;
  }
}

function refusalOf(spec: JobSpec, pod: PodObject): DomainError | undefined {
  if (couldNotStart(pod)) {
    const words = runtimeWords(terminatedContainer(pod)?.message);
    return jobRefused(`the cluster cannot start the job: ${withoutHostPaths(words, spec)}`);
  }
  if (pod.status?.phase !== 'Pending') return undefined;
  const { isImageMissing, details = '' } = podWait(pod);
  if (isImageMissing !== true || isPassingPullRefusal(details)) return undefined;
  return imageUnavailable(spec.image, details);
}

/** Begun, or waiting for a node, which may take as long as it takes. */
function isSettled(pod: PodObject): boolean {
  if (pod.status?.phase !== undefined && pod.status.phase !== 'Pending') return true;
  const scheduled = pod.status?.conditions?.find(({ type }) => type === 'PodScheduled');
  const isGated = scheduled?.status !== 'True' && scheduled?.reason === 'SchedulingGated';
  return isGated || podWait(pod).failure === 'Unschedulable';
}
