import type { RelativePath } from '../../../shared/posix-path.js';
import { mebibytes, millicores } from '../../../shared/units.js';
import type { ImageRef } from '../../domain/image-ref.js';
import type { JobName } from '../../domain/job-name.js';
import type { JobSpec } from '../../domain/job-spec.js';
import type { SpecHash } from '../../domain/spec-hash.js';

/** A job that does nothing, for tests of pure functions. */
export function specOf(changes: Partial<JobSpec> = {}): JobSpec {
  return {
    name: 'job' as JobName,
    specHash: 'hash' as SpecHash,
    owner: 'chris',
    image: 'fnndsc/pl-any:1' as ImageRef,
    command: ['true'],
    env: [],
    workers: 1,
    cpuLimit: millicores(0),
    memoryLimit: mebibytes(0),
    gpuLimit: 0,
    shmSize: undefined,
    user: undefined,
    labels: {},
    timeLimit: undefined,
    directories: { input: 'in' as RelativePath, output: 'out' as RelativePath },
    mounts: {
      input: { kind: 'host-path', path: '/data/in' },
      output: { kind: 'host-path', path: '/data/out' },
    },
    ...changes,
  };
}
