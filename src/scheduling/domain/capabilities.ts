import type { MountSource } from '../../storage/domain/mounts.js';

/** The backends of this build. */
export type Backend =
  'docker' | 'swarm' | 'kubernetes' | 'openshift' | 'slurm' | 'cromwell' | 'process';

/** What a backend can do, as one constant value: nothing a job asks for is ever silently ignored. */
export interface SchedulerCapabilities {
  readonly backend: Backend;
  readonly workers: 'many' | 'one';
  readonly cpuLimit: Enforcement;
  readonly memoryLimit: Enforcement;
  readonly gpus: Support;
  readonly shmSize: Support;
  readonly user: Support;
  readonly labels: Support;
  /** Who ends a job that runs too long: the backend itself, or this service through `stop`. */
  readonly timeLimit: 'backend' | 'service' | 'unenforced';
  /**
   * Hints tell of the making and the removal of jobs, and not of what happens to them in between: what
   * the table says of a job that has not ended is then no older than a short while.
   */
  readonly hints?: 'partial';
  /**
   * `exclusive`: a submission under a name that is taken starts nothing new; it takes up the same job,
   * and fails with `NameTaken` where there is another. `shared`: whoever submits has to look first.
   */
  readonly names: 'exclusive' | 'shared';
  readonly mountSources: readonly MountSource['kind'][];
}

/** `unenforced`: the job runs without the limit, and its message and the boot log say so. */
export type Enforcement = 'hard' | 'unenforced';
export type Support = 'yes' | 'no';
