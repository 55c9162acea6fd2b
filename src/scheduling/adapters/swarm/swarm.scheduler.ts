import type {
  SwarmEngine,
  SwarmService,
  SwarmTask,
} from '../../../clients/docker-engine/swarm-engine.js';
import type { CheckResult } from '../../../shared/check-result.js';
import type { Job } from '../../domain/job.js';
import { parseJobName, type JobName } from '../../domain/job-name.js';
import type { JobSpec } from '../../domain/job-spec.js';
import { isFinal } from '../../domain/job-status.js';
import { MANAGED_BY, OWN_LABELS } from '../../domain/own-labels.js';
import type {
  JobHint,
  JobLog,
  ListedJob,
  LogWindow,
  Readiness,
  SchedulerPort,
} from '../../domain/scheduler.port.js';
import { jobNotFound, nameInTransit, nameTaken } from '../../domain/scheduling-errors.js';
import { joinWorkerLogs, logShare } from '../../domain/worker-logs.js';
import { readLogEnd } from '../docker-api/engine-log.js';
import type { GenericResources } from './generic-resources.js';
import type { PullCredentials } from '../docker-api/pull-credentials.js';
import { assertNewEnough, checkSwarm } from './swarm-check.js';
import { isNameTaken, toCreateError, toSwarmError } from './swarm-errors.js';
import {
  isBeingRemoved,
  isJob,
  keptLogOf,
  labelsOf,
  markOf,
  newestTasks,
  specHashOf,
  toJob,
} from './swarm-job.js';
import { sweepRemoved } from './removal-sweep.js';
import { RunningJobs } from './running-jobs.js';
import { areAllOutOfReach, endService, eraseService, tasksOnceBegun } from './swarm-ends.js';
import { serviceName } from './swarm-names.js';
import type { SwarmOptions } from './swarm-options.js';
import { buildService } from './swarm-request.js';
import { mayHaveLog } from './swarm-status.js';
import { watchServices } from './swarm-watch.js';
import { SWARM_CAPABILITIES } from './swarm.capabilities.js';

/** The log of a job that is stopped is kept in a label; the swarm limits what it keeps in all. */
const KEPT_LOG: LogWindow = { lines: 1_000, bytes: 32 * 1024 };

const LOG_OUT_OF_REACH = '[pman] the log is on a node that does not answer\n';

/** @param now cut to the second, as the engine tells it */
function isReached(deadline: string, now: number): boolean {
  return Math.floor(Date.parse(deadline) / 1_000) * 1_000 <= now;
}

/** Runs each job as one service of a Docker swarm, with a task for each worker. */
export class SwarmScheduler implements SchedulerPort {
  readonly capabilities = SWARM_CAPABILITIES;
  private readonly running = new RunningJobs();

  constructor(
    private readonly engine: SwarmEngine,
    private readonly options: SwarmOptions,
    private readonly credentials: PullCredentials,
    private readonly resources: GenericResources,
  ) {}

  plan(spec: JobSpec): readonly unknown[] {
    return [buildService(spec, this.options)];
  }

  /** The nodes pull images by themselves. */
  prepare(): Promise<Readiness> {
    return Promise.resolve('ready');
  }

  async submit(spec: JobSpec, signal: AbortSignal): Promise<Job> {
    const service = buildService(spec, this.options);
    if (spec.gpuLimit > 0) await this.resources.assertPresent(spec.gpuLimit, signal);
    const credentials = await this.credentials.for(spec.image);
    try {
      assertNewEnough((await this.engine.version(signal)).apiVersion);
      const ID = await this.engine.createService(service, credentials, signal);
      // The swarm makes its tasks afterwards: there is nothing yet to look at.
      return toJob(spec.name, { ID, Spec: service }, []);
    } catch (error) {
      if (!isNameTaken(error)) throw toCreateError(error, spec, this.engine.hasAnswered);
      await this.adopt(spec, signal);
      return this.find(spec.name, signal);
    }
  }

  async find(name: JobName, signal: AbortSignal): Promise<Job> {
    const service = await this.serviceOf(name, signal);
    return this.running.settle(toJob(name, service, await this.tasksOf(service, name, signal)));
  }

  async list(signal: AbortSignal): Promise<readonly ListedJob[]> {
    const filters = { label: [`${OWN_LABELS.managedBy}=${MANAGED_BY}`] };
    const [services, tasks] = await this.ask(
      Promise.all([
        this.engine.listServices(filters, signal),
        this.engine.listTasks(filters, signal),
      ]),
    );
    const byService = Map.groupBy(tasks, ({ ServiceID }) => ServiceID);
    this.running.keepOnly(new Set(services.map(({ ID }) => ID)));
    const jobs = services.flatMap((service) => {
      const name = parseJobName(labelsOf(service.Spec)[OWN_LABELS.jid] ?? '');
      return name !== undefined && isJob(service, name) ? [{ name, service }] : [];
    });
    const removed = jobs.map(({ service }) => service).filter(isBeingRemoved);
    // A list is right without it, and the next one tries again.
    await sweepRemoved(this.engine, removed, byService, signal).catch(() => undefined);
    return jobs
      .filter(({ service }) => !isBeingRemoved(service))
      .map(({ name, service }) => {
        const newest = newestTasks(service, byService.get(service.ID) ?? []);
        return { name, mark: markOf(service, newest) };
      });
  }

  async *watch(signal: AbortSignal): AsyncGenerator<JobHint> {
    try {
      yield* watchServices(this.engine, signal);
    } catch (error) {
      throw toSwarmError(error, this.engine.hasAnswered);
    }
  }

  async logs(name: JobName, window: LogWindow, signal: AbortSignal): Promise<JobLog> {
    return { text: await this.logOf(name, await this.serviceOf(name, signal), window, signal) };
  }

  async stop(name: JobName, signal: AbortSignal): Promise<void> {
    const service = await this.serviceOf(name, signal);
    const tasks = await tasksOnceBegun(() => this.tasksOf(service, name, signal), signal);
    const job = toJob(name, service, tasks);
    if (isFinal(job.state.status)) return;
    const isDue = job.deadline !== undefined && isReached(job.deadline, await this.now(signal));
    const log = await this.logOf(name, service, KEPT_LOG, signal);
    const reason = isDue ? 'TimeLimit' : 'Cancelled';
    const labels = { [OWN_LABELS.log]: log };
    await this.ask(endService(this.engine, service, reason, labels, signal));
  }

  async remove(name: JobName, signal: AbortSignal): Promise<void> {
    const service = await this.ask(this.engine.findService(serviceName(name), signal));
    if (service === undefined || !isJob(service, name)) throw jobNotFound(name);
    await this.ask(eraseService(this.engine, service, signal));
    // Another removal had begun, and has perhaps not come to its end: there was no job any more.
    if (isBeingRemoved(service)) throw jobNotFound(name);
  }

  now(signal: AbortSignal): Promise<number> {
    return this.ask(this.engine.now(signal));
  }

  check(signal: AbortSignal): Promise<readonly CheckResult[]> {
    return checkSwarm(this.engine, signal);
  }

  /** Goes on with the service that has the name, if it is this very job. */
  private async adopt(spec: JobSpec, signal: AbortSignal): Promise<void> {
    const service = await this.ask(this.engine.findService(serviceName(spec.name), signal));
    if (service === undefined) throw nameInTransit(spec.name);
    if (!isJob(service, spec.name)) throw nameTaken(spec.name);
    if (isBeingRemoved(service)) {
      // Its removal was left unfinished: the next attempt finds the name free.
      await this.ask(eraseService(this.engine, service, signal));
      throw nameInTransit(spec.name);
    }
    if (specHashOf(service) !== spec.specHash) throw nameTaken(spec.name);
  }

  private async logOf(
    name: JobName,
    service: SwarmService,
    window: LogWindow,
    signal: AbortSignal,
  ): Promise<string> {
    const kept = keptLogOf(service);
    if (kept !== undefined) return kept;
    const tasks = newestTasks(service, await this.tasksOf(service, name, signal));
    const share = logShare(window, tasks.length);
    const logs = tasks.map((task) => this.logOfTask(task, share, signal));
    return joinWorkerLogs(await this.ask(Promise.all(logs)));
  }

  private async logOfTask(
    task: SwarmTask | undefined,
    window: LogWindow,
    signal: AbortSignal,
  ): Promise<string> {
    // The swarm would keep us waiting until the container has started.
    if (task === undefined || !mayHaveLog(task)) return '';
    try {
      const stream = await this.engine.readTaskLogs(task.ID, window.lines, signal);
      return await readLogEnd(stream, window, signal);
    } catch (error) {
      if (await areAllOutOfReach(this.engine, [task], signal)) return LOG_OUT_OF_REACH;
      throw error;
    }
  }

  private async serviceOf(name: JobName, signal: AbortSignal): Promise<SwarmService> {
    const service = await this.ask(this.engine.findService(serviceName(name), signal));
    if (service === undefined || !isJob(service, name) || isBeingRemoved(service)) {
      throw jobNotFound(name);
    }
    return service;
  }

  private async tasksOf(service: SwarmService, name: JobName, signal: AbortSignal) {
    const tasks = await this.ask(this.engine.listTasksOf(service, signal));
    if (tasks === undefined) throw jobNotFound(name);
    return tasks;
  }

  private async ask<T>(answer: Promise<T>): Promise<T> {
    try {
      return await answer;
    } catch (error) {
      throw toSwarmError(error, this.engine.hasAnswered);
    }
  }
}
