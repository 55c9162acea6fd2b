import type { JobSpec } from '../domain/job-spec.js';

/** Where a job comes from when it is needed. */
export interface JobSource {
  /** Refuses what can be refused without the backend; touches nothing. */
  readonly verify: () => Promise<void>;
  /** Called until it succeeds once, and only when the backend has to be asked to run the job. */
  readonly prepare: () => Promise<PreparedJob>;
}

/** A job ready to be created, and what must hold just before it is. */
export interface PreparedJob {
  readonly spec: JobSpec;
  /** Checks and creates the job's directories. */
  readonly secure: () => Promise<void>;
}
