import { Inject, Injectable } from '@nestjs/common';
import type { JobName } from '../../scheduling/domain/job-name.js';
import { SCHEDULER, type SchedulerPort } from '../../scheduling/domain/scheduler.port.js';
import { JOB_POLICY, type JobPolicy } from '../domain/job-policy.js';
import { DEADLINES } from './deadlines.js';

/** Ends a job and forgets it, or only ends it where the deployment keeps records. */
@Injectable()
export class RemoveJob {
  constructor(
    @Inject(SCHEDULER) private readonly scheduler: SchedulerPort,
    @Inject(JOB_POLICY) private readonly policy: JobPolicy,
  ) {}

  /** When it returns, the job's processes have ended. @throws DomainError `JobNotFound` */
  async execute(name: JobName): Promise<void> {
    const signal = AbortSignal.timeout(DEADLINES.remove);
    if (this.policy.removeJobs) await this.scheduler.remove(name, signal);
    else await this.scheduler.stop(name, signal);
  }
}
