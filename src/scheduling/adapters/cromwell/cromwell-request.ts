import { posix } from 'node:path';
import type { WorkflowSubmission } from '../../../clients/cromwell/cromwell-client.js';
import { OWN_LABEL_PREFIX } from '../../domain/own-labels.js';
import type { JobSpec } from '../../domain/job-spec.js';
import { buildScript, ownLabels, type Run } from '../batch-api/job-script.js';
import { WORKFLOW, WORKFLOW_NAME } from './cromwell-wdl.js';
import type { CromwellOptions } from './cromwell-options.js';

/** Finds the workflows of a run. */
export const RUN_LABEL = `${OWN_LABEL_PREFIX}run`;

/** Cromwell refuses longer ones. */
const MAX_LABEL = 255;
const MILLICORES = 1_000;
const SECONDS = 60;
/** Beyond the job's own limit, so that the job's own watch has the time to end it and to say why. */
const SPARE_MINUTES = 2;

/** Which worker a script is, what runs it, and what tells it from another start of the same worker. */
const PLACE = [
  'worker=$1',
  'job=${SLURM_JOB_ID:-$$}',
  'attempt=${SLURM_JOB_ID:-0}.$$',
  // A Cromwell that has forgotten the workflow cannot end it.
  'poll=2',
];

/** A worker that fails must not keep the others from starting, and no run takes another's result. */
const OPTIONS = {
  workflow_failure_mode: 'ContinueWhilePossible',
  read_from_cache: false,
  write_to_cache: false,
};

/** Pure. */
export function buildWorkflow(
  spec: JobSpec,
  run: Run,
  options: CromwellOptions,
): WorkflowSubmission {
  const script = Buffer.from(buildScript(spec, run, options, PLACE)).toString('base64');
  const attributes = { script, ...buildAttributes(spec, options) };
  const inputs = Object.fromEntries(
    Object.entries(attributes)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => [`${WORKFLOW_NAME}.${name}`, value]),
  );
  return { source: WORKFLOW, inputs, options: OPTIONS, labels: buildLabels(spec, run) };
}

function buildAttributes(spec: JobSpec, options: CromwellOptions): Record<string, unknown> {
  const { mounts, cpuLimit, memoryLimit, gpuLimit, timeLimit, workers } = spec;
  const own = timeLimit === undefined ? undefined : Math.ceil(timeLimit / SECONDS) + SPARE_MINUTES;
  return {
    sharedir: posix.dirname(mounts.output.path),
    input_dir: mounts.input.path,
    output_dir: mounts.output.path,
    image: spec.image,
    number_of_workers: workers,
    cpu: cpuLimit > 0 ? Math.ceil(cpuLimit / MILLICORES) : undefined,
    // Cromwell makes `memory_mb` of it for the backend.
    memory: memoryLimit > 0 ? `${memoryLimit}M` : undefined,
    gpu_limit: gpuLimit > 0 ? gpuLimit : undefined,
    timelimit: options.timeLimitMinutes ?? own,
    slurm_partition: options.partition,
  };
}

function buildLabels(spec: JobSpec, { runId }: Run): Readonly<Record<string, string>> {
  const labels = Object.entries(ownLabels(spec)).map(([key, value]) => [
    key.slice(0, MAX_LABEL),
    value.slice(0, MAX_LABEL),
  ]);
  return { ...(Object.fromEntries(labels) as Record<string, string>), [RUN_LABEL]: runId };
}
