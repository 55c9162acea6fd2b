import type { V1Job } from '@kubernetes/client-node';
import { KubernetesError } from '../../../clients/kubernetes/kubernetes-error.js';
import type { CheckResult } from '../../../shared/check-result.js';
import type { RelativePath } from '../../../shared/posix-path.js';
import type { Mebibytes, Millicores } from '../../../shared/units.js';
import type { ImageRef } from '../../domain/image-ref.js';
import type { JobName } from '../../domain/job-name.js';
import type { JobSpec } from '../../domain/job-spec.js';
import type { SpecHash } from '../../domain/spec-hash.js';
import type { KubernetesOptions } from './kubernetes-options.js';
import { buildJob } from './kubernetes-request.js';

const NAME = 'settings';
const SOURCE = { kind: 'pvc-subpath', claim: 'store' } as const;

/** A job that asks for all that a setting decides. */
const SAMPLE: JobSpec = {
  name: 'trial' as JobName,
  specHash: '' as SpecHash,
  owner: '',
  image: 'trial' as ImageRef,
  command: ['true'],
  env: [],
  workers: 1,
  cpuLimit: 1_000 as Millicores,
  memoryLimit: 64 as Mebibytes,
  gpuLimit: 1,
  shmSize: undefined,
  user: undefined,
  labels: {},
  directories: { input: 'in' as RelativePath, output: 'out' as RelativePath },
  mounts: { input: { ...SOURCE, path: 'in' }, output: { ...SOURCE, path: 'out' } },
  timeLimit: undefined,
};

/** The settings by what the API server calls the fields that they decide. */
const SETTINGS: readonly (readonly [RegExp, string])[] = [
  [/\btolerations\b/, 'JOB_TOLERATIONS'],
  [/affinity/i, 'JOB_AFFINITY'],
  [/\bpriorityClass/, 'JOB_PRIORITY_CLASS'],
  [/\bserviceAccount/, 'JOB_SERVICE_ACCOUNT'],
  [/\bimagePullSecrets\b/, 'IMAGE_PULL_SECRETS'],
  [/\bnodeSelector\b/, 'NODE_SELECTOR'],
  [/\bfsGroup\b/, 'JOB_FS_GROUP'],
  [/\bresources\b/, 'GPU_RESOURCE'],
  [/queue/i, 'KUEUE_QUEUE'],
  [/\bnamespaces? "/, 'JOB_NAMESPACE'],
];
/** What the API server says of the Job itself; all else is of the moment, or of the rights. */
const DEFINITE: ReadonlySet<number> = new Set([400, 404, 422]);

/** A Job of no name of its own, as the settings of this deployment make it. */
export function trialJob(options: KubernetesOptions): V1Job {
  const { metadata, ...job } = buildJob(SAMPLE, options);
  const { name, ...others } = metadata ?? {};
  return { ...job, metadata: { ...others, generateName: `pman-${name}-` } };
}

/** @param failure what the trial threw; nothing when the cluster would take the Job */
export function judgeTrial(failure: unknown): CheckResult {
  const status = failure instanceof KubernetesError ? (failure.status ?? 0) : 0;
  const words = failure instanceof KubernetesError ? failure.words : '';
  if (!DEFINITE.has(status))
    return { name: NAME, ok: true, detail: 'the cluster takes jobs as they make them' };
  const named = SETTINGS.filter(([field]) => field.test(words)).map(([, setting]) => setting);
  const detail = `the cluster would not take any job: ${words}`;
  const mend = `look at ${named.length === 0 ? 'the settings of jobs' : named.join(', ')}`;
  return { name: NAME, ok: false, detail, mend };
}
