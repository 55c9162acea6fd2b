import type { EventLog } from '../../shared/event-log.js';
import type { JobTable } from './job-table.js';
import type { JobName } from '../domain/job-name.js';
import type { SchedulerPort } from '../domain/scheduler.port.js';
import type { MonotonicClock } from './sync-times.js';

const ROUND_MS = 500;
const CALL_MS = 10_000;
/** How long the difference to the backend's clock is relied on, in milliseconds. */
const CLOCK_TRUST_MS = 60_000;

/**
 * Ends jobs that have run for their time. The backend keeps the limits and its clock decides, so
 * that no replica has to remember anything, and no step of a clock here ends a job early.
 */
export class TimeLimits {
  private timer: NodeJS.Timeout | undefined;
  private isBusy = false;
  private hasFailed = false;
  private readonly ending = new Set<JobName>();
  private clock: { readonly offset: number; readonly readAt: number } | undefined;

  constructor(
    private readonly backend: SchedulerPort,
    private readonly table: JobTable,
    private readonly changed: (name: JobName) => void,
    private readonly log: EventLog,
    private readonly now: MonotonicClock,
  ) {}

  start(): void {
    if (this.backend.capabilities.timeLimit !== 'service') return;
    this.timer = setInterval(() => void this.roundUnlessBusy(), ROUND_MS).unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  /** A backend that is slow to tell its time is not asked by one round after the other. */
  private async roundUnlessBusy(): Promise<void> {
    if (this.isBusy) return;
    this.isBusy = true;
    await this.round();
    this.isBusy = false;
  }

  /** Ends what is due. Never throws. */
  async round(): Promise<void> {
    const limited = [...this.table.liveJobs()].filter(({ deadline }) => deadline !== undefined);
    if (limited.length === 0) return;
    try {
      const now = await this.backendTime();
      const due = limited.filter(({ deadline = '' }) => Date.parse(deadline) <= now);
      await Promise.all(due.map(({ name }) => this.end(name)));
      this.hasFailed = false;
    } catch (error) {
      if (!this.hasFailed) this.log.warn('time limits cannot be enforced now', { error });
      this.hasFailed = true;
    }
  }

  private async end(name: JobName): Promise<void> {
    if (this.ending.has(name)) return;
    this.ending.add(name);
    try {
      await this.backend.stop(name, AbortSignal.timeout(CALL_MS));
      this.log.info('a job was ended at its time limit', { jid: name });
    } finally {
      this.ending.delete(name);
      this.changed(name);
    }
  }

  private async backendTime(): Promise<number> {
    const asked = this.now();
    if (this.clock === undefined || asked - this.clock.readAt > CLOCK_TRUST_MS) {
      const time = (await this.backend.now?.(AbortSignal.timeout(CALL_MS))) ?? Number.NaN;
      // Taken for the time of the question: late rather than early.
      this.clock = { offset: time - asked, readAt: asked };
      if (Number.isNaN(time)) this.clock = undefined;
    }
    return this.now() + (this.clock?.offset ?? Number.NaN);
  }
}
