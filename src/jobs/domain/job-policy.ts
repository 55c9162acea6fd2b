import type { AllowedImages } from '../../scheduling/domain/image-allow-list.js';
import type { Mebibytes, Seconds } from '../../shared/units.js';

export const JOB_POLICY = Symbol('jobs:JOB_POLICY');

/** What the deployment decides about every job. */
export interface JobPolicy {
  readonly user: UserRange;
  /** Sets `HOME=/tmp` where the request does not set HOME. */
  readonly homeWorkaround: boolean;
  readonly shmSize: Mebibytes | undefined;
  readonly labels: Readonly<Record<string, string>>;
  /** How long a job may run. */
  readonly timeLimit: Seconds | undefined;
  /** Lines of log in an answer; `undefined` is all. */
  readonly logsTail: number | undefined;
  readonly ignoreLimits: boolean;
  readonly removeJobs: boolean;
  readonly allowedImages: AllowedImages | undefined;
}

/** From which user and group numbers a job's are drawn; an absent part is left to the image. */
export interface UserRange {
  readonly uid: IdRange | undefined;
  readonly gid: IdRange | undefined;
}

export interface IdRange {
  readonly low: number;
  readonly high: number;
}
