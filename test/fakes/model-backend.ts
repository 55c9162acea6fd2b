import type { CheckResult } from '../../src/shared/check-result.js';
import type { Job } from '../../src/scheduling/domain/job.js';
import type { JobName } from '../../src/scheduling/domain/job-name.js';
import type { JobSpec } from '../../src/scheduling/domain/job-spec.js';
import type { JobStatus } from '../../src/scheduling/domain/job-status.js';
import type {
  JobHint,
  JobLog,
  ListedJob,
  Readiness,
  SchedulerPort,
} from '../../src/scheduling/domain/scheduler.port.js';
import { backendUnavailable, jobNotFound } from '../../src/scheduling/domain/scheduling-errors.js';
import type { SpecHash } from '../../src/scheduling/domain/spec-hash.js';
import { DOCKER_CAPABILITIES } from '../../src/scheduling/adapters/docker/docker.capabilities.js';

/** How the model misbehaves; all numbers from a seeded source. */
export interface Weather {
  /** Milliseconds until the next answer, or until a hint arrives. */
  readonly delay: () => number;
  readonly dropsHint: () => boolean;
  readonly repeatsHint: () => boolean;
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * A backend of which everything is known: the truth changes at once, answers and hints are late, lost
 * or repeated as the weather wants. It counts its calls.
 */
export class ModelBackend implements SchedulerPort {
  readonly capabilities = DOCKER_CAPABILITIES;
  readonly calls = { find: 0, list: 0, logs: 0, watch: 0 };
  readonly truth = new Map<JobName, Job>();
  isDown = false;
  private readonly watchers = new Set<(hint: JobHint | undefined) => void>();
  private incarnations = 0;

  constructor(private readonly weather: Weather) {}

  create(name: JobName): void {
    this.incarnations += 1;
    this.set(name, 'notstarted', String(this.incarnations));
  }

  /** Moves an existing job to another status of the same incarnation. */
  move(name: JobName, status: JobStatus): void {
    const job = this.truth.get(name);
    if (job !== undefined) this.set(name, status, job.incarnation);
  }

  destroy(name: JobName): void {
    this.truth.delete(name);
    this.tell(name);
  }

  /** Ends every event stream. */
  disconnect(): void {
    for (const watcher of this.watchers) watcher(undefined);
  }

  plan(): readonly unknown[] {
    return [];
  }

  prepare(): Promise<Readiness> {
    return Promise.resolve('ready');
  }

  async submit(spec: JobSpec): Promise<Job> {
    this.create(spec.name);
    return this.find(spec.name);
  }

  async find(name: JobName): Promise<Job> {
    this.calls.find += 1;
    await sleep(this.weather.delay());
    this.assertUp();
    const job = this.truth.get(name);
    await sleep(this.weather.delay());
    if (job === undefined) throw jobNotFound(name);
    return job;
  }

  async list(): Promise<readonly ListedJob[]> {
    this.calls.list += 1;
    await sleep(this.weather.delay());
    this.assertUp();
    const listed = [...this.truth.values()].map(({ name, mark }) => ({ name, mark }));
    await sleep(this.weather.delay());
    return listed;
  }

  async *watch(signal: AbortSignal): AsyncGenerator<JobHint> {
    this.calls.watch += 1;
    this.assertUp();
    const queue: (JobHint | undefined)[] = [{ kind: 'relist' }];
    let wake = (): void => undefined;
    const watcher = (hint: JobHint | undefined): void => {
      queue.push(hint);
      wake();
    };
    this.watchers.add(watcher);
    signal.addEventListener('abort', () => watcher(undefined), { once: true });
    try {
      for (;;) {
        if (queue.length === 0) await new Promise<void>((resolve) => (wake = resolve));
        const hint = queue.shift();
        if (hint === undefined) return;
        yield hint;
      }
    } finally {
      this.watchers.delete(watcher);
    }
  }

  /** A stream of hints that never opens. */
  async *nothing(): AsyncGenerator<JobHint> {
    await new Promise(() => undefined);
    yield { kind: 'relist' };
  }

  async logs(name: JobName): Promise<JobLog> {
    this.calls.logs += 1;
    await sleep(this.weather.delay());
    const status = this.truth.get(name)?.state.status;
    return { text: `log of ${name}, ${status}\n` };
  }

  async stop(name: JobName): Promise<void> {
    this.move(name, 'finishedWithError');
  }

  async remove(name: JobName): Promise<void> {
    if (!this.truth.has(name)) throw jobNotFound(name);
    this.destroy(name);
  }

  async check(): Promise<readonly CheckResult[]> {
    return [];
  }

  private assertUp(): void {
    if (this.isDown) throw backendUnavailable('the model is down');
  }

  private set(name: JobName, status: JobStatus, incarnation: string): void {
    this.truth.set(name, {
      name,
      specHash: 'hash' as SpecHash,
      incarnation,
      mark: `${incarnation}:${status}`,
      image: 'image',
      command: ['command'],
      state: { status, message: status, timestamp: '' },
    });
    this.tell(name);
  }

  private tell(name: JobName): void {
    const times = this.weather.dropsHint() ? 0 : this.weather.repeatsHint() ? 2 : 1;
    for (let time = 0; time < times; time += 1) {
      setTimeout(() => {
        for (const watcher of this.watchers) watcher({ kind: 'changed', name });
      }, this.weather.delay());
    }
  }
}
