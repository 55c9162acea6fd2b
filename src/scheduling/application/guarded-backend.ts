import type { CheckResult } from '../../shared/check-result.js';
import type { SchedulerCapabilities } from '../domain/capabilities.js';
import type { Job } from '../domain/job.js';
import type { JobName } from '../domain/job-name.js';
import type { JobSpec } from '../domain/job-spec.js';
import type {
  JobHint,
  JobLog,
  ListedJob,
  LogWindow,
  SchedulerPort,
} from '../domain/scheduler.port.js';
import type { CircuitBreaker } from './circuit-breaker.js';
import type { StartGate } from './start-gate.js';

/** A backend behind back-pressure: few starts at once, and no calls into silence. */
export class GuardedBackend implements SchedulerPort {
  constructor(
    private readonly backend: SchedulerPort,
    private readonly breaker: CircuitBreaker,
    private readonly gate: StartGate,
  ) {}

  get capabilities(): SchedulerCapabilities {
    return this.backend.capabilities;
  }

  plan(spec: JobSpec): readonly unknown[] {
    return this.backend.plan(spec);
  }

  /** Outside the gate: a slow registry must not hold up jobs whose image is there. */
  prepare(spec: JobSpec, signal: AbortSignal): Promise<void> {
    return this.breaker.call(() => this.backend.prepare(spec, signal));
  }

  submit(spec: JobSpec, signal: AbortSignal): Promise<Job> {
    return this.gate.pass(() => this.breaker.call(() => this.backend.submit(spec, signal)), signal);
  }

  find(name: JobName, signal: AbortSignal): Promise<Job> {
    return this.breaker.call(() => this.backend.find(name, signal));
  }

  list(signal: AbortSignal): Promise<readonly ListedJob[]> {
    return this.breaker.call(() => this.backend.list(signal));
  }

  /** The stream finds out for itself when the backend is back. */
  watch(signal: AbortSignal): AsyncIterable<JobHint> {
    return this.backend.watch(signal);
  }

  logs(name: JobName, window: LogWindow, signal: AbortSignal): Promise<JobLog> {
    return this.breaker.call(() => this.backend.logs(name, window, signal));
  }

  stop(name: JobName, signal: AbortSignal): Promise<void> {
    return this.breaker.call(() => this.backend.stop(name, signal));
  }

  remove(name: JobName, signal: AbortSignal): Promise<void> {
    return this.breaker.call(() => this.backend.remove(name, signal));
  }

  /** Readiness asks the backend itself. */
  check(signal: AbortSignal): Promise<readonly CheckResult[]> {
    return this.backend.check(signal);
  }
}
