import { DOCKER_CAPABILITIES } from '../../src/scheduling/adapters/docker/docker.capabilities.js';
import type { SchedulerCapabilities } from '../../src/scheduling/domain/capabilities.js';
import type { Job, JobState } from '../../src/scheduling/domain/job.js';
import type { JobName } from '../../src/scheduling/domain/job-name.js';
import type { JobSpec } from '../../src/scheduling/domain/job-spec.js';
import { isFinal } from '../../src/scheduling/domain/job-status.js';
import type {
  JobHint,
  JobLog,
  ListedJob,
  LogWindow,
  Readiness,
  SchedulerPort,
} from '../../src/scheduling/domain/scheduler.port.js';
import { jobNotFound, nameTaken } from '../../src/scheduling/domain/scheduling-errors.js';
import type { CheckResult } from '../../src/shared/check-result.js';

type Operation = 'prepare' | 'submit' | 'find' | 'logs' | 'stop' | 'remove';

const RUNNING: JobState = {
  status: 'started',
  message: 'running',
  timestamp: '2026-01-02T03:04:05Z',
};

/**
 * A backend without an engine: it obeys the port, records what it was asked for, and fails on demand.
 * Lists and hints are the service's own affair and not counted as calls.
 */
export class InMemoryScheduler implements SchedulerPort {
  readonly capabilities: SchedulerCapabilities;
  readonly jobs = new Map<JobName, Job>();
  readonly specs: JobSpec[] = [];
  readonly calls: Record<Operation, number> = {
    prepare: 0,
    submit: 0,
    find: 0,
    logs: 0,
    stop: 0,
    remove: 0,
  };
  /** Names of objects that are not jobs of the service. */
  readonly foreignNames = new Set<string>();
  /** What every job has written so far. */
  log = '';
  logWindow: LogWindow | undefined;
  /** Whether images are there. */
  readiness: Readiness = 'ready';
  points: readonly CheckResult[] = [{ name: 'engine', ok: true, detail: 'in memory' }];
  private readonly failures: Record<Operation, Error[]> = {
    prepare: [],
    submit: [],
    find: [],
    logs: [],
    stop: [],
    remove: [],
  };
  private incarnations = 0;
  private readonly names = new Set<JobName>();

  constructor(capabilities: Partial<SchedulerCapabilities> = {}) {
    this.capabilities = { ...DOCKER_CAPABILITIES, ...capabilities };
  }

  /**
   * Grows with every call, but only with the first look-up of a name, and with none of a job that was
   * submitted: those the service also makes on its own.
   */
  get callCount(): number {
    const { find: _find, ...others } = this.calls;
    return Object.values(others).reduce((sum, calls) => sum + calls, this.names.size);
  }

  /** The next calls of the operation fail with these errors, one after the other. */
  failNext(operation: Operation, ...errors: Error[]): void {
    this.failures[operation].push(...errors);
  }

  /** Makes everything as it was at the beginning. */
  reset(): void {
    this.jobs.clear();
    this.foreignNames.clear();
    this.specs.length = 0;
    this.log = '';
    this.names.clear();
    for (const operation of Object.keys(this.calls) as Operation[]) {
      this.calls[operation] = 0;
      this.failures[operation].length = 0;
    }
  }

  /** Moves a job to another state. */
  move(name: JobName, state: Partial<JobState>, changes: Partial<Job> = {}): void {
    const job = this.jobs.get(name);
    if (job === undefined) throw new Error(`there is no job ${name}`);
    const next = { ...job.state, ...state };
    const mark = `${job.incarnation}:${next.status}`;
    this.jobs.set(name, { ...job, ...changes, state: next, mark });
  }

  plan(spec: JobSpec): readonly unknown[] {
    return [spec];
  }

  async prepare(_spec: JobSpec): Promise<Readiness> {
    await this.begin('prepare');
    return this.readiness;
  }

  async submit(spec: JobSpec): Promise<Job> {
    await this.begin('submit');
    this.names.add(spec.name);
    this.specs.push(spec);
    if (this.foreignNames.has(spec.name)) throw nameTaken(spec.name);
    const present = this.jobs.get(spec.name);
    if (present !== undefined) {
      if (present.specHash !== spec.specHash) throw nameTaken(spec.name);
      return present;
    }
    return this.create(spec);
  }

  async find(name: JobName): Promise<Job> {
    await this.begin('find');
    this.names.add(name);
    return this.get(name);
  }

  list(): Promise<readonly ListedJob[]> {
    return Promise.resolve([...this.jobs.values()].map(({ name, mark }) => ({ name, mark })));
  }

  async *watch(signal: AbortSignal): AsyncGenerator<JobHint> {
    yield { kind: 'relist' };
    if (signal.aborted) return;
    await new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
  }

  async logs(name: JobName, window: LogWindow): Promise<JobLog> {
    await this.begin('logs');
    this.logWindow = window;
    this.get(name);
    return { text: this.log };
  }

  async stop(name: JobName): Promise<void> {
    await this.begin('stop');
    const { state } = this.get(name);
    if (isFinal(state.status)) return;
    this.move(name, { status: 'finishedWithError', reason: 'Signal', message: 'ended by signal' });
  }

  async remove(name: JobName): Promise<void> {
    await this.begin('remove');
    this.get(name);
    this.jobs.delete(name);
  }

  check(): Promise<readonly CheckResult[]> {
    return Promise.resolve(this.points);
  }

  private async begin(operation: Operation): Promise<void> {
    this.calls[operation] += 1;
    await Promise.resolve();
    const failure = this.failures[operation].shift();
    if (failure !== undefined) throw failure;
  }

  private get(name: JobName): Job {
    const job = this.jobs.get(name);
    if (job === undefined) throw jobNotFound(name);
    return job;
  }

  private create(spec: JobSpec): Job {
    this.incarnations += 1;
    const incarnation = String(this.incarnations);
    const job: Job = {
      name: spec.name,
      specHash: spec.specHash,
      incarnation,
      mark: `${incarnation}:${RUNNING.status}`,
      image: spec.image,
      command: spec.command,
      state: RUNNING,
    };
    this.jobs.set(spec.name, job);
    // A job that was just submitted has not begun yet; the next look-up sees it running.
    return { ...job, state: { status: 'notstarted', message: 'waiting', timestamp: '' } };
  }
}
