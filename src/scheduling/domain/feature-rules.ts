import { invalidFields } from '../../shared/domain-error.js';
import type { SchedulerCapabilities } from './capabilities.js';
import type { JobSpec } from './job-spec.js';

/** Names the request field and why the backend refuses it, or nothing. */
type FeatureRule = (
  spec: JobSpec,
  capabilities: SchedulerCapabilities,
) => { readonly field: string; readonly reason: string } | undefined;

const everyBackend: FeatureRule = () => undefined;

/** One rule per field of a job: a new field does not compile before somebody has decided. */
const FEATURE_RULES = {
  name: everyBackend,
  specHash: everyBackend,
  owner: everyBackend,
  image: everyBackend,
  command: everyBackend,
  env: everyBackend,
  directories: everyBackend,
  // A limit that cannot be enforced is said in the boot log and in the job's message.
  cpuLimit: everyBackend,
  memoryLimit: everyBackend,
  workers: (spec, { workers, backend }) =>
    spec.workers > 1 && workers === 'one'
      ? { field: 'number_of_workers', reason: `must be 1 on the ${backend} backend` }
      : undefined,
  gpuLimit: (spec, { gpus, backend }) =>
    spec.gpuLimit > 0 && gpus === 'no'
      ? { field: 'gpu_limit', reason: `must be 0: the ${backend} backend has no GPUs` }
      : undefined,
  shmSize: (spec, { shmSize, backend }) =>
    spec.shmSize !== undefined && shmSize === 'no'
      ? { field: 'SHM_SIZE', reason: `cannot be set on the ${backend} backend` }
      : undefined,
  user: (spec, { user, backend }) =>
    spec.user !== undefined && user === 'no'
      ? { field: 'CONTAINER_USER', reason: `cannot be honoured by the ${backend} backend here` }
      : undefined,
  labels: (spec, { labels, backend }) =>
    Object.keys(spec.labels).length > 0 && labels === 'no'
      ? { field: 'JOB_LABELS', reason: `cannot be kept by the ${backend} backend` }
      : undefined,
  timeLimit: (spec, { timeLimit, backend }) =>
    spec.timeLimit !== undefined && timeLimit === 'unenforced'
      ? { field: 'JOB_TIMEOUT', reason: `cannot be enforced by the ${backend} backend` }
      : undefined,
  mounts: (spec, { mountSources, backend }) =>
    mountSources.includes(spec.mounts.input.kind)
      ? undefined
      : { field: 'STORAGE_TYPE', reason: `cannot be mounted by the ${backend} backend` },
} satisfies Record<keyof JobSpec, FeatureRule>;

/**
 * Refuses what the backend cannot do, all fields at once, before the backend is called.
 * @throws DomainError `InvalidRequest`
 */
export function assertSupported(spec: JobSpec, capabilities: SchedulerCapabilities): void {
  const problems = Object.values(FEATURE_RULES)
    .map((rule) => rule(spec, capabilities))
    .filter((problem) => problem !== undefined);
  if (problems.length === 0) return;
  throw invalidFields(Object.fromEntries(problems.map(({ field, reason }) => [field, reason])));
}
