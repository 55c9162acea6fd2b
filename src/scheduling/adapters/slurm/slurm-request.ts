import type { SlurmSubmission } from '../../../clients/slurm/slurm-client.js';
import type { JobSpec } from '../../domain/job-spec.js';
import { buildScript, ownLabels, type Run } from '../batch-api/job-script.js';
import type { SlurmOptions } from './slurm-options.js';

/** Which worker a script is, and the number of its job. */
const PLACE = [
  'worker=${SLURM_ARRAY_TASK_ID:-1}',
  'job=${SLURM_ARRAY_JOB_ID:-$SLURM_JOB_ID}',
  'attempt=$SLURM_JOB_ID',
  // SLURM itself ends what is cancelled.
  'poll=',
  // For the eyes of the site's staff: EX_CONFIG.
  'unreached=78',
];
const MILLICORES = 1_000;
const SECONDS = 60;
/** Beyond the job's own limit, so that the job's own watch has the time to end it and to say why. */
const SPARE_MINUTES = 2;

/** Pure. */
export function buildSubmission(spec: JobSpec, run: Run, options: SlurmOptions): SlurmSubmission {
  const { cpuLimit, memoryLimit, gpuLimit } = spec;
  return {
    name: spec.name,
    comment: buildComment(spec, run.runId),
    workers: spec.workers,
    cpus: cpuLimit > 0 ? Math.ceil(cpuLimit / MILLICORES) : undefined,
    // 0 would ask for all the memory of a node.
    memoryMebibytes: memoryLimit > 0 ? memoryLimit : undefined,
    gpus: gpuLimit > 0 ? gpuLimit : undefined,
    timeLimitMinutes: options.timeLimitMinutes ?? ownMinutes(spec),
    partition: options.partition,
    account: options.account,
    qos: options.qos,
    constraint: options.constraint,
    script: buildScript(spec, run, options, PLACE),
  };
}

/** JSON on one line: what finds the job again after a lost answer, and what a site's staff reads. */
function buildComment(spec: JobSpec, runId: string): string {
  const labels = ownLabels(spec);
  return JSON.stringify({ run: runId, labels });
}

function ownMinutes({ timeLimit }: JobSpec): number | undefined {
  return timeLimit === undefined ? undefined : Math.ceil(timeLimit / SECONDS) + SPARE_MINUTES;
}
