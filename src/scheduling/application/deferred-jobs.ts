import { DomainError, hasCode } from '../../shared/domain-error.js';
import type { EventLog } from '../../shared/event-log.js';
import type { FailureReason } from '../domain/failure-reason.js';
import type { JobName } from '../domain/job-name.js';
import type { JobSpec } from '../domain/job-spec.js';
import type { DeferredJob, Deferrals, SchedulerPort } from '../domain/scheduler.port.js';
import { fullJitter, pause } from './backoff.js';
import { Patience, askedPause } from './patience.js';

/** How soon a job is taken up that another replica has left behind, in milliseconds. */
const ROUND_MS = 5_000;
const LONGEST_PAUSE_MS = 30_000;
const SUBMIT_MS = 60_000;
const CALL_MS = 10_000;
/** Nobody waits for an answer any more, so a registry has time to come to itself. */
const PATIENCE = { image: 600_000, isUnattended: true } as const;

const REASONS: Readonly<Record<string, FailureReason>> = {
  ImageUnavailable: 'ImagePull',
  JobRefused: 'BadCommand',
  InvalidRequest: 'MountFailed',
};

/**
 * Goes on with jobs that were accepted before the backend could take them, whichever replica accepted
 * them: the backend keeps them, and that each is submitted once is the backend's promise.
 */
export class DeferredJobs {
  /** Ids: another job of the same name may be kept while an earlier one is still dealt with. */
  private readonly underway = new Set<string>();
  private readonly ended = new AbortController();

  /**
   * @param backend whose hints are not needed here
   * @param secure checks and creates the job's directories
   * @param changed is told of each job whose state this has changed
   */
  constructor(
    private readonly backend: SchedulerPort,
    private readonly secure: (spec: JobSpec, signal: AbortSignal) => Promise<void>,
    private readonly changed: (name: JobName) => void,
    private readonly log: EventLog,
  ) {}

  start(): void {
    const { deferrals } = this.backend;
    if (deferrals !== undefined) void this.keepLooking(deferrals);
  }

  stop(): void {
    this.ended.abort();
  }

  private async keepLooking(deferrals: Deferrals): Promise<void> {
    while (!this.ended.signal.aborted) {
      await this.look(deferrals);
      await pause(ROUND_MS, this.ended.signal);
    }
  }

  private async look(deferrals: Deferrals): Promise<void> {
    try {
      for (const job of await deferrals.list(this.within(CALL_MS))) {
        if (!this.underway.has(job.id)) void this.follow(job, deferrals);
      }
    } catch (error) {
      // The list of jobs says it in the log when the backend does not answer.
      if (!(error instanceof DomainError)) this.log.error('kept jobs cannot be read', { error });
    }
  }

  /** Brings one job to its submission or to its failure. */
  private async follow(job: DeferredJob, deferrals: Deferrals): Promise<void> {
    const { name } = job.spec;
    this.underway.add(job.id);
    const patience = new Patience(PATIENCE);
    try {
      for (let attempt = 0; ; attempt += 1) {
        const error = await this.attempt(job, deferrals);
        if (error === undefined || this.ended.signal.aborted) return;
        if (!patience.allows(error)) {
          await deferrals.fail(name, job.id, toFailure(error), this.within(CALL_MS));
          return;
        }
        const least = askedPause(error);
        await pause(least + fullJitter(attempt, LONGEST_PAUSE_MS), this.ended.signal);
      }
    } catch (error) {
      // It is still kept: the next round takes it up again.
      this.log.warn('a kept job could not be dealt with', { jid: name, error });
    } finally {
      this.underway.delete(job.id);
      this.changed(name);
    }
  }

  /** @returns what went wrong, or nothing when there is no more to do. */
  private async attempt({ id, spec }: DeferredJob, deferrals: Deferrals): Promise<unknown> {
    try {
      const readiness = await this.backend.prepare(spec, this.ended.signal);
      if (readiness === 'underway') return undefined;
      await this.secure(spec, this.within(CALL_MS));
      await deferrals.submit(spec.name, id, this.within(SUBMIT_MS));
      return undefined;
    } catch (error) {
      // Somebody has removed it, or another replica was faster.
      return hasCode(error, 'JobNotFound') ? undefined : error;
    }
  }

  private within(milliseconds: number): AbortSignal {
    return AbortSignal.any([this.ended.signal, AbortSignal.timeout(milliseconds)]);
  }
}

function toFailure(error: unknown) {
  if (!(error instanceof DomainError)) {
    return { reason: 'BackendError', message: 'an error inside the service' } as const;
  }
  return { reason: REASONS[error.code] ?? 'BackendError', message: error.message };
}
