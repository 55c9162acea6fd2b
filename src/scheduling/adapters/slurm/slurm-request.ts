import type { JobSpec } from '../../domain/job-spec.js';
import { buildScript, ownLabels, type Run } from '../batch-api/job-script.js';
import type { SlurmOptions } from './slurm-options.js';

/** One call of `sbatch`. */
export interface Submission {
  readonly args: readonly string[];
  /** Goes to its standard input. */
  readonly script: string;
}

/** Which worker a script is, and the number of its job. */
const PLACE = [
  'worker=${SLURM_ARRAY_TASK_ID:-1}',
  'job=${SLURM_ARRAY_JOB_ID:-$SLURM_JOB_ID}',
  'attempt=$SLURM_JOB_ID',
];
const MILLICORES = 1_000;
const SECONDS = 60;
/** Beyond the job's own limit, so that the job's own watch has the time to end it and to say why. */
const SPARE_MINUTES = 2;

/** Pure. */
export function buildSubmission(spec: JobSpec, run: Run, options: SlurmOptions): Submission {
  const args = [
    '--parsable',
    '--no-requeue',
    // The clean environment of the submitting command, and none of its limits.
    '--export=ALL',
    '--propagate=NONE',
    '--output=/dev/null',
    '--chdir=/',
    `--job-name=${spec.name}`,
    `--comment=${buildComment(spec, run.runId)}`,
    '--nodes=1',
    '--ntasks=1',
    ...(spec.workers > 1 ? [`--array=1-${spec.workers}`] : []),
    ...buildLimits(spec, options),
    ...option('partition', options.partition),
    ...option('account', options.account),
    ...option('qos', options.qos),
    ...option('constraint', options.constraint),
  ];
  return { args, script: buildScript(spec, run, options, PLACE) };
}

/** JSON on one line: what finds the job again after a lost answer, and what a site's staff reads. */
function buildComment(spec: JobSpec, runId: string): string {
  const labels = ownLabels(spec);
  return JSON.stringify({ run: runId, labels });
}

function buildLimits(spec: JobSpec, { timeLimitMinutes }: SlurmOptions): string[] {
  const { cpuLimit, memoryLimit, gpuLimit, timeLimit } = spec;
  const own = timeLimit === undefined ? undefined : Math.ceil(timeLimit / SECONDS) + SPARE_MINUTES;
  const minutes = timeLimitMinutes ?? own;
  return [
    ...(cpuLimit > 0 ? [`--cpus-per-task=${Math.ceil(cpuLimit / MILLICORES)}`] : []),
    // 0 would ask for all the memory of a node.
    ...(memoryLimit > 0 ? [`--mem=${memoryLimit}M`] : []),
    ...(gpuLimit > 0 ? [`--gpus=${gpuLimit}`] : []),
    ...(minutes === undefined ? [] : [`--time=${minutes}`]),
  ];
}

function option(name: string, value: string | undefined): string[] {
  return value === undefined ? [] : [`--${name}=${value}`];
}
