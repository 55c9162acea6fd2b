import type { CheckResult } from '../../shared/check-result.js';
import type { SchedulerCapabilities } from '../domain/capabilities.js';
import type { Job } from '../domain/job.js';
import type { JobName } from '../domain/job-name.js';
import type { JobSpec } from '../domain/job-spec.js';
import type {
  Deferrals,
  JobHint,
  JobLog,
  ListedJob,
  LogWindow,
  Readiness,
  SchedulerPort,
} from '../domain/scheduler.port.js';
import type { CircuitBreaker } from './circuit-breaker.js';
import type { StartGate } from './start-gate.js';

/** A backend behind back-pressure: few starts at once, and no calls into silence. */
export class GuardedBackend implements SchedulerPort {
  readonly deferrals: Deferrals | undefined;

  constructor(
    private readonly backend: SchedulerPort,
    private readonly breaker: CircuitBreaker,
    private readonly gate: StartGate,
  ) {
    this.deferrals = backend.deferrals && this.guard(backend.deferrals);
  }

  get capabilities(): SchedulerCapabilities {
    return this.backend.capabilities;
  }

  plan(spec: JobSpec): readonly unknown[] {
    return this.backend.plan(spec);
  }

  /** Outside the gate: a slow registry must not hold up jobs whose image is there. */
  prepare(spec: JobSpec, signal: AbortSignal): Promise<Readiness> {
    return this.breaker.call(() => this.backend.prepare(spec, signal));
  }

  submit(spec: JobSpec, signal: AbortSignal): Promise<Job> {
    return this.gate.pass(() => this.breaker.call(() => this.backend.submit(spec, signal)), signal);
  }

  find(name: JobName, signal: AbortSignal): Promise<Job> {
    return this.breaker.call(() => this.backend.find(name, signal));
  }

  recall(name: JobName): Job | undefined {
    return this.backend.recall?.(name);
  }

  list(signal: AbortSignal): Promise<readonly ListedJob[]> {
    return this.breaker.call(() => this.backend.list(signal));
  }

  /** The stream finds out for itself when the backend is back. */
  watch(signal: AbortSignal): AsyncIterable<JobHint> {
    return this.backend.watch(signal);
  }

  logs(name: JobName, window: LogWindow, signal: AbortSignal): Promise<JobLog> {
    return this.breaker.call(() => this.backend.logs(name, window, signal), signal);
  }

  stop(name: JobName, signal: AbortSignal): Promise<void> {
    return this.breaker.call(() => this.backend.stop(name, signal));
  }

  remove(name: JobName, signal: AbortSignal): Promise<void> {
    return this.breaker.call(() => this.backend.remove(name, signal));
  }

  async now(signal: AbortSignal): Promise<number> {
    return this.breaker.call(async () => (await this.backend.now?.(signal)) ?? Number.NaN);
  }

  private guard(deferrals: Deferrals): Deferrals {
    const { breaker, gate } = this;
    return {
      keep: (spec, signal) => breaker.call(() => deferrals.keep(spec, signal)),
      list: (signal) => breaker.call(() => deferrals.list(signal)),
      submit: (name, id, signal) =>
        gate.pass(() => breaker.call(() => deferrals.submit(name, id, signal)), signal),
      fail: (name, id, failure, signal) =>
        breaker.call(() => deferrals.fail(name, id, failure, signal)),
    };
  }

  /** Readiness asks the backend itself. */
  check(signal: AbortSignal): Promise<readonly CheckResult[]> {
    return this.backend.check(signal);
  }
}
