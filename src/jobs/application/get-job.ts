import { Inject, Injectable } from '@nestjs/common';
import { LiveState } from '../../scheduling/application/live-state.js';
import type { Job } from '../../scheduling/domain/job.js';
import type { JobName } from '../../scheduling/domain/job-name.js';
import {
  SCHEDULER,
  type JobLog,
  type SchedulerPort,
} from '../../scheduling/domain/scheduler.port.js';
import { hasCode } from '../../shared/domain-error.js';
import { SharedDeadline } from '../../shared/shared-deadline.js';
import { JOB_POLICY, type JobPolicy } from '../domain/job-policy.js';
import { collapseCarriageReturns, withFailureLine } from '../domain/log-text.js';
import { DEADLINES } from './deadlines.js';

/** The most bytes of log in one answer, and the part of them that is kept for the reason of a failure. */
const MAX_LOG_BYTES = 1024 * 1024;
const FAILURE_LINE_BYTES = 4 * 1024;

export interface JobWithLogs {
  readonly job: Job;
  readonly logs: string;
}

export interface FoundJob {
  /** The very same object as long as neither job nor log has changed. */
  readonly answer: JobWithLogs;
  /** When the backend last confirmed the status, by the service's clock. */
  readonly confirmedAt: number;
}

/** What was answered from a log object before. */
interface Answered {
  readonly job: Job;
  readonly answer: JobWithLogs;
}

/** A job's state and the end of its log. */
@Injectable()
export class GetJob {
  /** Most polls find job and log as they were: then the answer is the very same object. */
  private readonly answered = new WeakMap<JobLog, Answered>();

  private readonly deadline = new SharedDeadline(DEADLINES.get);

  constructor(
    @Inject(SCHEDULER) private readonly scheduler: SchedulerPort,
    @Inject(JOB_POLICY) private readonly policy: JobPolicy,
    @Inject(LiveState) private readonly liveState: LiveState,
  ) {}

  /**
   * @param gone ends when nobody waits for the answer any more
   * @throws DomainError `JobNotFound`, or a retryable one when the backend does not answer.
   */
  async execute(name: JobName, gone: AbortSignal): Promise<FoundJob> {
    // The state is read first: a log read after a job's end is complete.
    const job = await this.scheduler.find(name, this.deadline.next());
    // What is confirmed while the log is read may be another state.
    const confirmedAt = this.liveState.confirmedAt(name);
    const log = await this.readLog(job, gone);
    const before = this.answered.get(log);
    if (before?.job === job) return { answer: before.answer, confirmedAt };
    const answer = { job, logs: this.present(log, job) };
    this.answered.set(log, { job, answer });
    return { answer, confirmedAt };
  }

  private async readLog(job: Job, signal: AbortSignal): Promise<JobLog> {
    const lines = this.policy.logsTail;
    if (lines === 0 || job.state.status === 'notstarted') return { text: '' };
    try {
      const window = { lines, bytes: MAX_LOG_BYTES - FAILURE_LINE_BYTES };
      return await this.scheduler.logs(job.name, window, signal);
    } catch (error) {
      // The state is known: a log that the backend has lost must not hide it.
      if (!hasCode(error, 'BackendError')) throw error;
      return { text: `[pman] the log cannot be read: ${error.message}\n` };
    }
  }

  private present({ text }: JobLog, job: Job): string {
    if (this.policy.logsTail === 0) return '';
    return withFailureLine(collapseCarriageReturns(text), job);
  }
}
