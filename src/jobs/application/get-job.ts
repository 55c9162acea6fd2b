import { Inject, Injectable } from '@nestjs/common';
import type { Job } from '../../scheduling/domain/job.js';
import type { JobName } from '../../scheduling/domain/job-name.js';
import { SCHEDULER, type SchedulerPort } from '../../scheduling/domain/scheduler.port.js';
import { JOB_POLICY, type JobPolicy } from '../domain/job-policy.js';
import { collapseCarriageReturns, withFailureLine } from '../domain/log-text.js';
import { DEADLINES } from './deadlines.js';

/** The most bytes of log in one answer. */
const MAX_LOG_BYTES = 1024 * 1024;

export interface JobWithLogs {
  readonly job: Job;
  readonly logs: string;
}

/** A job's state and the end of its log. */
@Injectable()
export class GetJob {
  constructor(
    @Inject(SCHEDULER) private readonly scheduler: SchedulerPort,
    @Inject(JOB_POLICY) private readonly policy: JobPolicy,
  ) {}

  /** @throws DomainError `JobNotFound`, or a retryable one when the backend does not answer. */
  async execute(name: JobName): Promise<JobWithLogs> {
    const signal = AbortSignal.timeout(DEADLINES.get);
    // The state is read first: a log read after a job's end is complete.
    const job = await this.scheduler.find(name, signal);
    return { job, logs: await this.readLogs(job, signal) };
  }

  private async readLogs(job: Job, signal: AbortSignal): Promise<string> {
    const lines = this.policy.logsTail;
    if (lines === 0) return '';
    if (job.state.status === 'notstarted') return '';
    const log = await this.scheduler.logs(job.name, { lines, bytes: MAX_LOG_BYTES }, signal);
    return withFailureLine(collapseCarriageReturns(log), job);
  }
}
