import type { Mounts } from '../../storage/domain/mounts.js';
import type { JobDirectories } from '../../storage/domain/storage.port.js';
import type { Mebibytes, Millicores, Seconds } from '../../shared/units.js';
import type { ImageRef } from './image-ref.js';
import type { JobName } from './job-name.js';
import type { SpecHash } from './spec-hash.js';

/** Everything a backend needs to run a job; immutable, the same for every backend. */
export interface JobSpec {
  readonly name: JobName;
  readonly specHash: SpecHash;
  /** Whom the job belongs to, in the client's words; kept with the job. */
  readonly owner: string;
  readonly image: ImageRef;
  /** The whole argv, never a shell string; at least one word. */
  readonly command: readonly string[];
  readonly env: readonly EnvVar[];
  /** How many copies of the command run as one job; at least 1. */
  readonly workers: number;
  /** Hard limits for each worker; 0 is no limit. */
  readonly cpuLimit: Millicores;
  readonly memoryLimit: Mebibytes;
  readonly gpuLimit: number;
  /** Size of /dev/shm; absent: the backend's default. */
  readonly shmSize: Mebibytes | undefined;
  /** Whom the command runs as; absent: whom the image names. */
  readonly user: ContainerUser | undefined;
  /** Deployment labels; the service's own are added by the adapter. */
  readonly labels: Readonly<Record<string, string>>;
  /** What `mounts` was made from: whoever creates the job later prepares them again. */
  readonly directories: JobDirectories;
  readonly mounts: Mounts;
  /** How long the job may run from its start; absent: for ever. */
  readonly timeLimit: Seconds | undefined;
}

export interface EnvVar {
  readonly name: string;
  readonly value: string;
}

/** A concrete user; one part may be left to the image. */
export interface ContainerUser {
  readonly uid: number | undefined;
  readonly gid: number | undefined;
}
