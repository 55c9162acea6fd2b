import type { DockerEngine } from '../../../clients/docker-engine/docker-engine.js';
import type { JobName } from '../../domain/job-name.js';
import type { JobSpec } from '../../domain/job-spec.js';
import type { DeferralFailure, DeferredJob, Deferrals } from '../../domain/scheduler.port.js';
import { hasCode } from '../../../shared/domain-error.js';
import { jobNotFound } from '../../domain/scheduling-errors.js';
import { asSchedulingError } from '../docker-api/engine-errors.js';
import type { KeptJob, KeptJobs } from './kept-jobs.js';
import type { WorkerContainers } from './worker-containers.js';

/** Jobs that wait for their images. */
export class DockerDeferrals implements Deferrals {
  constructor(
    private readonly engine: DockerEngine,
    private readonly kept: KeptJobs,
    private readonly containers: WorkerContainers,
  ) {}

  keep(spec: JobSpec, signal: AbortSignal): Promise<void> {
    return asSchedulingError(this.engine, this.kept.keep(spec, signal));
  }

  async list(signal: AbortSignal): Promise<readonly DeferredJob[]> {
    const kept = await asSchedulingError(this.engine, this.kept.list(signal));
    return kept.filter(({ failure }) => failure === undefined);
  }

  async submit(name: JobName, id: string, signal: AbortSignal): Promise<void> {
    const { spec } = await this.pending(name, id, signal);
    const containers = await this.containers.create(spec, signal);
    // A removal drops what is kept first and looks for containers afterwards: one of us sees the other.
    await this.pending(name, id, signal).catch(async (error: unknown) => {
      // Another submission of it may also have been faster, and drops what is kept when it has started it.
      if (hasCode(error, 'JobNotFound')) await this.containers.discardMade(containers, signal);
      throw error;
    });
    await this.containers.start(spec, containers, signal);
    await asSchedulingError(this.engine, this.kept.dropOnly(name, id, signal));
  }

  async fail(
    name: JobName,
    id: string,
    failure: DeferralFailure,
    signal: AbortSignal,
  ): Promise<void> {
    const kept = await asSchedulingError(this.engine, this.kept.fail(name, id, failure, signal));
    // Whoever submits it makes its containers first and looks for what is kept afterwards.
    if (kept !== undefined) await this.containers.discardLeft(kept.spec, signal);
  }

  private async pending(name: JobName, id: string, signal: AbortSignal): Promise<KeptJob> {
    const kept = await asSchedulingError(this.engine, this.kept.find(name, signal));
    if (kept?.id !== id || kept.failure !== undefined) throw jobNotFound(name);
    return kept;
  }
}
