import type { FailureReason } from './failure-reason.js';
import type { JobName } from './job-name.js';
import type { JobStatus } from './job-status.js';
import type { SpecHash } from './spec-hash.js';

/** What a backend knows of a job at one moment. */
export interface Job {
  readonly name: JobName;
  /** Tells a repeated submission from a different one. */
  readonly specHash: SpecHash;
  /** The backend's own identity of this run of the name: another one after DELETE and POST. */
  readonly incarnation: string;
  /** Opaque; equal to the mark in a list exactly as long as the state is the same. */
  readonly mark: string;
  readonly image: string;
  readonly command: readonly string[];
  readonly state: JobState;
  /** ISO 8601 by the backend's clock: when a running job that the service has to end is to end. */
  readonly deadline?: string;
  /** True while the job is only kept, for a backend that cannot take it yet. */
  readonly isDeferred?: true;
  /** True while a worker waits for its start although others have begun: the backend never does that by itself. */
  readonly isPartlyStarted?: true;
}

export interface JobState {
  readonly status: JobStatus;
  /** One human sentence without a full stop. */
  readonly message: string;
  /** Present exactly when `status` is `finishedWithError`. */
  readonly reason?: FailureReason;
  readonly exitCode?: number;
  /** ISO 8601 by the backend's clock: the end if there is one, else the start, else empty. */
  readonly timestamp: string;
}
