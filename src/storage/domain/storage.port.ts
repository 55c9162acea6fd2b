import type { CheckResult } from '../../shared/check-result.js';
import type { RelativePath } from '../../shared/posix-path.js';
import type { Mounts } from './mounts.js';

export const STORAGE = Symbol('storage:STORAGE');

export type StorageType = 'host' | 'docker_local_volume' | 'kubernetes_pvc';

/** The two directories of a job, below the store. */
export interface JobDirectories {
  readonly input: RelativePath;
  readonly output: RelativePath;
}

/** Who must be able to write into a job's output directory; a missing part is not known. */
export interface DirectoryOwner {
  readonly uid: number | undefined;
  readonly gid: number | undefined;
}

/** Turns a job's directories into something a backend can mount. */
export interface StoragePort {
  readonly type: StorageType;

  /**
   * Names the mount sources of a job. Touches no file, so it works for directories that are gone.
   * @throws DomainError `StorageUnavailable` (retryable) while the store has not been found.
   */
  resolve(directories: JobDirectories, signal: AbortSignal): Promise<Mounts>;

  /**
   * Refuses directories that cannot be used, without a change to anything: a missing input directory,
   * a symbolic link. Where the service does not see the store, the engine has the last word.
   * @throws DomainError `InvalidRequest` naming `input_dir` or `output_dir`.
   */
  verify(directories: JobDirectories, signal: AbortSignal): Promise<void>;

  /**
   * Called just before a job is created: verifies once more, and makes a missing output directory,
   * writable by `owner`.
   * @throws DomainError `InvalidRequest` naming `input_dir` or `output_dir`; nothing was created.
   */
  prepare(directories: JobDirectories, owner: DirectoryOwner, signal: AbortSignal): Promise<void>;

  /** Never throws; bounded by `signal`. */
  check(signal: AbortSignal): Promise<readonly CheckResult[]>;
}
