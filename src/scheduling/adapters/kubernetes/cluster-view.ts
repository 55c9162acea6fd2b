import type {
  JobObject,
  PodObject,
  WatchEvent,
} from '../../../clients/kubernetes/kubernetes-objects.js';
import type { Job } from '../../domain/job.js';
import type { JobName } from '../../domain/job-name.js';
import { isFinal } from '../../domain/job-status.js';
import type { ListedJob } from '../../domain/scheduler.port.js';
import { hopelessEnding } from './hopeless-jobs.js';
import { isBeingRemoved, jidOf, toJob } from './kubernetes-job.js';
import type { StartGrace } from './kubernetes-options.js';
import { workersOf } from './kubernetes-status.js';
import { ObjectStore } from './object-store.js';
import { OwnedPods } from './owned-pods.js';
import { pruneEndedJob, pruneJob } from './pruned-objects.js';

export interface JobWithPods {
  readonly object: JobObject;
  /** Of this very object. */
  readonly pods: readonly PodObject[];
}

const MILLISECONDS = 1_000;
/** The watch of pods is at most so much behind that of Jobs, as a rule. */
const PODS_FOLLOW_MS = 800;
/** How late lost hope may be seen, as a part of the time that is waited for it. */
const LATENESS = 0.05;

/** What was told of a Job last. */
interface Told {
  readonly job: Job;
  /** False when Job or pods have changed since. */
  readonly isFresh: boolean;
  /** By the cluster's clock: as long as nothing changes it is not looked at again for lost hope. */
  readonly hopefulUntil: number;
}

/**
 * The jobs of the cluster as Jobs and pods that were seen show them. Jobs and pods come by separate
 * watches, each in its own order: what only both together tell is told when both are known as far as it
 * needs. Of a job that has ended its final state is kept, and nothing of its pods.
 */
export class ClusterView {
  readonly jobs = new ObjectStore<JobObject>();
  readonly pods = new OwnedPods((owner) => this.touch(owner));
  /** The uid of the Job of a name. */
  private readonly uids = new Map<JobName, string>();
  /** By the uid of the Job. */
  private readonly told = new Map<string, Told>();
  private readonly ended = new Map<string, Job>();
  /** When a Job was first seen to have ended whose end is not known as a whole. */
  private readonly endingSince = new Map<string, number>();

  /** How late it may be seen that there is no hope, in milliseconds. */
  private readonly patience: number;

  constructor(
    private readonly grace: StartGrace,
    private readonly clock: () => number = () => performance.now(),
  ) {
    this.patience = Math.min(grace.start, grace.scheduling) * MILLISECONDS * LATENESS;
  }

  /** Takes a Job as an event or an answer shows it. */
  saw(object: JobObject): void {
    if (!this.jobs.put(pruneJob(object))) return;
    this.index(object);
  }

  sawEvent({ type, object }: WatchEvent<JobObject>): void {
    if (type === 'DELETED') this.bury(object);
    else this.saw(object);
    this.jobs.reach(object.metadata.resourceVersion);
  }

  /** The Job has gone for ever, and whatever belongs to it. */
  bury(object: JobObject): void {
    this.jobs.bury(object.metadata.uid);
    this.forget(object);
  }

  /** @param listed pruned */
  replaceJobs(listed: ReadonlyMap<string, JobObject>, version: string): void {
    const { put, gone } = this.jobs.replace(listed, version);
    for (const object of put) this.index(object);
    for (const object of gone) this.forget(object);
  }

  /** Takes a job whose final state is certain. */
  settle(job: Job): void {
    const object = this.jobs.get(job.incarnation);
    if (object === undefined) return;
    this.ended.set(job.incarnation, job);
    this.told.delete(job.incarnation);
    this.endingSince.delete(job.incarnation);
    this.jobs.shrink(pruneEndedJob(object));
    this.pods.release(job.incarnation);
  }

  /**
   * The job of a name, when what was seen tells all of it.
   * @param now milliseconds since 1970 by the cluster's clock
   */
  recall(name: JobName, now: number): Job | undefined {
    const object = this.objectOf(name);
    if (object === undefined || isBeingRemoved(object)) return undefined;
    const { uid } = object.metadata;
    const before = this.told.get(uid)?.job;
    const job = this.tell(name, object);
    if (this.ended.has(uid) || this.isHopeful(uid, now)) return job;
    if (isFinal(job.state.status)) return this.isEndingSoon(uid) ? before : undefined;
    // A pod is gone of which the Job has not told yet.
    const hasStepped = before?.state.status === 'started' && job.state.status === 'notstarted';
    if (hasStepped) return undefined;
    if (this.isHopeless(object, job, now)) return undefined;
    this.told.set(uid, { job, isFresh: true, hopefulUntil: now + this.patience });
    return job;
  }

  /** Every job. */
  *list(now: number): Generator<ListedJob> {
    for (const [name, uid] of this.uids) {
      const object = this.jobs.get(uid);
      if (object === undefined || isBeingRemoved(object)) continue;
      const job = this.tell(name, object);
      // A mark of its own makes the service look the job up, which ends it.
      const isHopeless = !this.isHopeful(uid, now) && this.isHopeless(object, job, now);
      if (isHopeless) yield { name, mark: `${job.mark} hopeless` };
      else yield job;
    }
  }

  /** What is kept of the Job of a name. */
  objectOf(name: JobName): JobObject | undefined {
    const uid = this.uids.get(name);
    return uid === undefined ? undefined : this.jobs.get(uid);
  }

  /** The Job of a name with its pods, as long as they are kept. */
  find(name: JobName): JobWithPods | undefined {
    const object = this.objectOf(name);
    if (object === undefined || this.hasEnded(object)) return undefined;
    return { object, pods: this.pods.of(object.metadata.uid) };
  }

  hasEnded({ metadata }: JobObject): boolean {
    return this.ended.has(metadata.uid);
  }

  private tell(name: JobName, object: JobObject): Job {
    const { uid } = object.metadata;
    const ended = this.ended.get(uid);
    if (ended !== undefined) return ended;
    const told = this.told.get(uid);
    if (told?.isFresh === true) return told.job;
    const job = toJob(name, object, this.pods.of(uid));
    if (isFinal(job.state.status) && this.knowsEnd(object)) this.settle(job);
    return job;
  }

  /** Whether no pod can still tell more of how a Job has ended. */
  private knowsEnd(object: JobObject): boolean {
    if (this.pods.hasReached(object.metadata.resourceVersion)) return true;
    const pods = this.pods.of(object.metadata.uid);
    const phases = pods.map(({ status }) => status?.phase ?? '');
    const areOver = phases.every((phase) => phase === 'Succeeded' || phase === 'Failed');
    return areOver && pods.length >= workersOf(object);
  }

  /** Whether its pods may tell of its end in a moment. */
  private isEndingSoon(uid: string): boolean {
    const since = this.endingSince.get(uid) ?? this.clock();
    this.endingSince.set(uid, since);
    return this.clock() - since < PODS_FOLLOW_MS;
  }

  private isHopeful(uid: string, now: number): boolean {
    const told = this.told.get(uid);
    return told?.isFresh === true && now < told.hopefulUntil;
  }

  private isHopeless(object: JobObject, { state }: Job, now: number): boolean {
    if (isFinal(state.status)) return false;
    const pods = this.pods.of(object.metadata.uid);
    return hopelessEnding(object, pods, this.grace, now) !== undefined;
  }

  private index(object: JobObject): void {
    const { uid, resourceVersion } = object.metadata;
    this.touch(uid);
    if (this.ended.has(uid)) this.jobs.shrink(pruneEndedJob(object));
    const name = jidOf(object);
    if (name === undefined) return;
    const other = this.objectOf(name);
    const isOlder =
      other !== undefined && Number(other.metadata.resourceVersion) > Number(resourceVersion);
    if (!isOlder) this.uids.set(name, uid);
  }

  private forget(object: JobObject): void {
    const { uid } = object.metadata;
    const name = jidOf(object);
    if (name !== undefined && this.uids.get(name) === uid) this.uids.delete(name);
    this.told.delete(uid);
    this.ended.delete(uid);
    this.endingSince.delete(uid);
    this.pods.forget(uid);
  }

  private touch(uid: string): void {
    const told = this.told.get(uid);
    if (told?.isFresh === true) this.told.set(uid, { ...told, isFresh: false });
  }
}
