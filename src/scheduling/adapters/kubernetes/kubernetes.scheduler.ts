import { setTimeout as sleep } from 'node:timers/promises';
import type { KubernetesApi } from '../../../clients/kubernetes/kubernetes-api.js';
import { KubernetesError } from '../../../clients/kubernetes/kubernetes-error.js';
import type { JobObject, PodObject } from '../../../clients/kubernetes/kubernetes-objects.js';
import type { CheckResult } from '../../../shared/check-result.js';
import { hasCode } from '../../../shared/domain-error.js';
import type { SchedulerCapabilities } from '../../domain/capabilities.js';
import { isFinal } from '../../domain/job-status.js';
import type { Job } from '../../domain/job.js';
import type { JobName } from '../../domain/job-name.js';
import type { JobSpec } from '../../domain/job-spec.js';
import type {
  JobHint,
  JobLog,
  ListedJob,
  LogWindow,
  Readiness,
  SchedulerPort,
} from '../../domain/scheduler.port.js';
import { backendUnavailable, jobNotFound } from '../../domain/scheduling-errors.js';
import { ClusterMirror } from './cluster-mirror.js';
import { ClusterView, type JobWithPods } from './cluster-view.js';
import { hopelessEnding } from './hopeless-jobs.js';
import { ENDED_SPEC, hasEnding, writeEnding, type JobEnding } from './job-ending.js';
import { JobLookUps } from './job-look-ups.js';
import { absentLog, KEPT_LOG, keptLog, writeLog } from './kept-log.js';
import { KubernetesCheck } from './kubernetes-check.js';
import { asSchedulingError, toSchedulingError } from './kubernetes-errors.js';
import { isBeingRemoved, toJob } from './kubernetes-job.js';
import { WorkerLogs } from './kubernetes-logs.js';
import { workersOf } from './kubernetes-status.js';
import type { KubernetesOptions } from './kubernetes-options.js';
import { buildJob } from './kubernetes-request.js';
import { JobStart } from './job-start.js';
import { KUBERNETES_CAPABILITIES, OPENSHIFT_CAPABILITIES } from './kubernetes.capabilities.js';
import { hasBegun } from './worker-pods.js';

const POLL_MS = 200;
/** A pod is started by its node: a submission that waits for that costs next to nothing. */
const PARALLEL_STARTS = 512;

/** Runs a job as one Indexed Job of Kubernetes with a pod for each worker. */
export class KubernetesScheduler implements SchedulerPort {
  readonly capabilities: SchedulerCapabilities;
  readonly parallelStarts = PARALLEL_STARTS;
  private readonly rights: KubernetesCheck;
  private readonly view: ClusterView;
  private readonly mirror: ClusterMirror;
  private readonly starts: JobStart;
  private readonly lookUps: JobLookUps;
  private readonly workerLogs: WorkerLogs;

  constructor(
    private readonly api: KubernetesApi,
    private readonly options: KubernetesOptions,
  ) {
    this.capabilities =
      options.profile === 'openshift' ? OPENSHIFT_CAPABILITIES : KUBERNETES_CAPABILITIES;
    this.rights = new KubernetesCheck(api, options);
    this.view = new ClusterView(options.grace);
    this.mirror = new ClusterMirror(api, this.view);
    this.lookUps = new JobLookUps(api, this.view);
    this.starts = new JobStart(api, options, this.view, () => this.mirror.isCurrent());
    this.workerLogs = new WorkerLogs(api);
  }

  plan(spec: JobSpec): readonly unknown[] {
    return [buildJob(spec, this.options)];
  }

  /** The nodes fetch images by themselves. */
  prepare(): Promise<Readiness> {
    return Promise.resolve('ready');
  }

  async submit(spec: JobSpec, signal: AbortSignal): Promise<Job> {
    const { object, isNew } = await this.starts.create(spec, signal);
    const refusal = await this.starts.settle(spec, object, signal);
    if (refusal !== undefined && isNew) {
      await this.discard(object, signal);
      throw refusal;
    }
    const job = this.recall(spec.name);
    if (job?.incarnation === object.metadata.uid) return job;
    try {
      return await this.find(spec.name, signal);
    } catch (error) {
      // Whoever has made it has discarded it for the same reason.
      throw hasCode(error, 'JobNotFound') && refusal !== undefined ? refusal : error;
    }
  }

  async find(name: JobName, signal: AbortSignal): Promise<Job> {
    const found = await this.lookUps.look(name, signal);
    if (isBeingRemoved(found.object)) throw jobNotFound(name);
    const job = await this.ended(name, found, signal);
    if (isFinal(job.state.status)) this.view.settle(job);
    return job;
  }

  recall(name: JobName): Job | undefined {
    return this.mirror.isCurrent() ? this.view.recall(name, this.api.now()) : undefined;
  }

  async list(signal: AbortSignal): Promise<readonly ListedJob[]> {
    await this.ask(this.mirror.refresh(signal));
    return [...this.view.list(this.api.now())];
  }

  async *watch(signal: AbortSignal): AsyncGenerator<JobHint> {
    try {
      yield* this.mirror.follow(signal);
    } catch (error) {
      throw toSchedulingError(error, this.api.hasAnswered);
    }
  }

  async logs(name: JobName, window: LogWindow, signal: AbortSignal): Promise<JobLog> {
    const known = this.mirror.isCurrent() ? this.view.find(name) : undefined;
    // What was kept of a log is kept in the cluster only.
    const isAtHand = known !== undefined && !hasEnding(known.object);
    const { object, pods } = isAtHand ? known : await this.lookUps.look(name, signal);
    const kept = keptLog(object, window);
    if (kept !== undefined) return { text: kept };
    const absent = absentLog(toJob(name, object, pods));
    return this.ask(this.workerLogs.read(workersOf(object), pods, window, signal, absent));
  }

  async stop(name: JobName, signal: AbortSignal): Promise<void> {
    const log = await this.lastLog(await this.lookUps.look(name, signal), signal);
    // Jobs change while a log is read, and only what was seen last is ended.
    const found = await this.lookUps.look(name, signal);
    const { state } = toJob(name, found.object, found.pods);
    if (!isFinal(state.status)) {
      const timestamp = state.status === 'notstarted' ? '' : new Date(this.api.now()).toISOString();
      const ending = { reason: 'Cancelled', message: 'cancelled', timestamp } as const;
      await this.end(name, found.object, { ending, log }, signal);
    }
    while ((await this.livePods(found.object, signal)).length > 0) await pause(signal);
  }

  async remove(name: JobName, signal: AbortSignal): Promise<void> {
    const { object } = await this.lookUps.look(name, signal);
    await this.discard(object, signal);
  }

  check(signal: AbortSignal): Promise<readonly CheckResult[]> {
    return this.rights.run(signal);
  }

  /** The job, which is ended when it never will by itself. */
  private async ended(name: JobName, found: JobWithPods, signal: AbortSignal): Promise<Job> {
    const job = toJob(name, found.object, found.pods);
    if (isFinal(job.state.status)) return job;
    const { grace } = this.options;
    const ending = hopelessEnding(found.object, found.pods, grace, this.api.now());
    if (ending === undefined) return job;
    const log = await this.lastLog(found, signal);
    return toJob(name, await this.end(name, found.object, { ending, log }, signal), found.pods);
  }

  /** Makes the cluster end a job, and keeps why. */
  private async end(
    name: JobName,
    object: JobObject,
    { ending, log }: { readonly ending: JobEnding; readonly log: string },
    signal: AbortSignal,
  ): Promise<JobObject> {
    try {
      const annotations = { ...writeEnding(ending), ...writeLog(log) };
      const patch = { annotations, spec: ENDED_SPEC };
      const ended = await this.api.patchJob(object, patch, signal);
      this.view.saw(ended);
      return ended;
    } catch (error) {
      const hasChanged = error instanceof KubernetesError && error.status === 409;
      if (hasChanged) throw backendUnavailable(`job "${name}" changes just now`, error);
      if (error instanceof KubernetesError && error.status === 404) throw jobNotFound(name);
      throw toSchedulingError(error, this.api.hasAnswered);
    }
  }

  /** What a job has said, before its pods go; a log that cannot be had keeps nobody from ending it. */
  private lastLog({ object, pods }: JobWithPods, signal: AbortSignal): Promise<string> {
    const begun = hasEnding(object) ? [] : pods.filter(hasBegun);
    if (begun.length === 0) return Promise.resolve('');
    return this.workerLogs.read(workersOf(object), pods, KEPT_LOG, signal).then(
      ({ text }) => text,
      () => '',
    );
  }

  /** Removes a Job with its pods; when it returns they have gone. */
  private async discard(object: JobObject, signal: AbortSignal): Promise<void> {
    if (!isBeingRemoved(object)) await this.ask(this.api.deleteJob(object, signal));
    while (!(await this.lookUps.hasGone(object, signal))) await pause(signal);
    this.view.bury(object);
  }

  private async livePods(object: JobObject, signal: AbortSignal): Promise<readonly PodObject[]> {
    const pods = await this.lookUps.pods(object, signal);
    return pods.filter(({ status }) => !['Succeeded', 'Failed'].includes(status?.phase ?? ''));
  }

  private ask<T>(answer: Promise<T>): Promise<T> {
    return asSchedulingError(answer, () => this.api.hasAnswered);
  }
}

async function pause(signal: AbortSignal): Promise<void> {
  try {
    await sleep(POLL_MS, undefined, { signal });
  } catch (error) {
    throw backendUnavailable('the cluster has not ended the job in time', error);
  }
}
