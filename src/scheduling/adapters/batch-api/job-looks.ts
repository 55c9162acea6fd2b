import type { Job } from '../../domain/job.js';
import type { JobName } from '../../domain/job-name.js';
import { isFinal } from '../../domain/job-status.js';
import { toJob } from './batch-job.js';
import type { BatchSystem } from './batch-system.js';
import type { JobRecord } from './job-record.js';
import type { JobRecords } from './job-records.js';
import type { StoredJob } from './stored-job.js';
import type { WorkerFacts } from './worker-files.js';
import type { WorkerSight } from './worker-status.js';

/** Of a worker that has written nothing. */
const NOTHING: WorkerFacts = {
  launched: undefined,
  startedAt: undefined,
  end: undefined,
  isCleared: false,
};

/** What is seen of jobs in their records and in the batch system. */
export class JobLooks {
  /** Jobs that have ended: nothing of a run changes any more. */
  private readonly ended = new Map<JobName, Job>();
  /** When a run was first seen submitted: an earlier look at the queue says nothing about it. */
  private readonly firstSeen = new Map<JobName, { readonly runId: string; readonly at: number }>();

  constructor(
    private readonly system: BatchSystem,
    private readonly records: JobRecords,
  ) {}

  /** The job by its own record where that says everything, else also by the queue. */
  async at(stored: StoredJob, signal: AbortSignal): Promise<Job> {
    const { runId, spec } = stored.record;
    const known = this.ended.get(spec.name);
    if (known?.incarnation === runId) return known;
    const job = await this.lookAt(stored, signal);
    if (isFinal(job.state.status)) this.ended.set(spec.name, job);
    return job;
  }

  private async lookAt(stored: StoredJob, signal: AbortSignal): Promise<Job> {
    const { record, job } = stored;
    const own = toJob(stored, () => 'unseen', this.system.name);
    if (job === undefined || isFinal(own.state.status)) return own;
    const since = this.sightOf(record);
    const look = await this.system.look(signal);
    if (look.asOf < since) return own;
    // Read again: what has left the queue since may have written its end before.
    const now = (await this.records.find(record.spec.name, signal)) ?? stored;
    if (now.record.runId !== record.runId) return own;
    const total = record.spec.workers;
    const listed = (worker: number): WorkerSight['listed'] => {
      const facts = now.workers[worker - 1] ?? NOTHING;
      return look.listed(this.system.jobOf(job, facts), worker, total, facts);
    };
    return toJob(now, listed, this.system.name);
  }

  private sightOf({ runId, spec: { name } }: JobRecord): number {
    const known = this.firstSeen.get(name);
    if (known?.runId === runId) return known.at;
    const at = performance.now();
    this.firstSeen.set(name, { runId, at });
    return at;
  }

  /** Forgets what was seen of all jobs but these. */
  keepOnly(names: ReadonlySet<JobName>): void {
    for (const known of [this.ended, this.firstSeen]) {
      for (const name of known.keys()) if (!names.has(name)) known.delete(name);
    }
  }
}
