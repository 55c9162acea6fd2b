import type { Job } from '../../src/scheduling/domain/job.js';
import type { JobName } from '../../src/scheduling/domain/job-name.js';
import type { JobSpec } from '../../src/scheduling/domain/job-spec.js';
import type {
  DeferralFailure,
  DeferredJob,
  Deferrals,
} from '../../src/scheduling/domain/scheduler.port.js';
import { jobNotFound } from '../../src/scheduling/domain/scheduling-errors.js';
import type { InMemoryScheduler } from './in-memory.scheduler.js';

/** Keeps the jobs of a backend without an engine. */
export class KeptInMemory implements Deferrals {
  readonly specs = new Map<JobName, JobSpec>();
  readonly failures = new Map<JobName, DeferralFailure>();
  private readonly ids = new Map<JobName, string>();
  private count = 0;

  constructor(private readonly backend: InMemoryScheduler) {}

  keep(spec: JobSpec): Promise<void> {
    if (!this.specs.has(spec.name)) {
      this.specs.set(spec.name, spec);
      this.ids.set(spec.name, `kept-${(this.count += 1)}`);
    }
    this.backend.jobs.set(spec.name, toJob(spec));
    return Promise.resolve();
  }

  list(): Promise<readonly DeferredJob[]> {
    const pending = [...this.specs.values()].filter(({ name }) => !this.failures.has(name));
    return Promise.resolve(pending.map((spec) => ({ id: this.ids.get(spec.name) ?? '', spec })));
  }

  async submit(name: JobName, id: string): Promise<void> {
    const spec = this.specs.get(name);
    if (spec !== undefined && this.ids.get(name) !== id) throw jobNotFound(name);
    this.backend.jobs.delete(name);
    if (spec === undefined) throw jobNotFound(name);
    await this.backend.submit(spec);
    this.specs.delete(name);
  }

  fail(name: JobName, id: string, failure: DeferralFailure): Promise<void> {
    if (this.ids.get(name) === id) this.failures.set(name, failure);
    return Promise.resolve();
  }
}

function toJob({ name, specHash, image, command }: JobSpec): Job {
  const state = { status: 'notstarted', message: `pulling image ${image}`, timestamp: '' } as const;
  const identity = { incarnation: 'kept', mark: 'kept', isDeferred: true } as const;
  return { name, specHash, image, command, ...identity, state };
}
