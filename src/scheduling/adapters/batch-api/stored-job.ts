import type { JobRecord } from './job-record.js';
import type { WorkerFacts } from './worker-files.js';

/** A job's record and what has been written beside it. */
export interface StoredJob {
  readonly record: JobRecord;
  /** The batch system's id of the job; absent while its submission is not confirmed. */
  readonly job: string | undefined;
  readonly stopRequested: boolean;
  readonly workers: readonly WorkerFacts[];
}
