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
  // The shell has a descriptor of its own for the script: nothing that it starts should have one.
  'exec 9<&-',
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
  const attributes = { script, ...buildAttributes(spec) };
  const inputs = Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => [`${WORKFLOW_NAME}.${name}`, value]),
  );
  const defaults = buildOptionalAttributes(spec, options);
  return {
    source: WORKFLOW,
    inputs,
    options: { ...OPTIONS, default_runtime_attributes: defaults },
    labels: buildLabels(spec, run),
  };
}

function buildAttributes({ mounts, image, workers }: JobSpec): Readonly<Record<string, unknown>> {
  return {
    sharedir: posix.dirname(mounts.output.path),
    input_dir: mounts.input.path,
    output_dir: mounts.output.path,
    image,
    number_of_workers: workers,
  };
}

/** For every call, as far as the backend's configuration declares them. */
function buildOptionalAttributes(
  { cpuLimit, memoryLimit, gpuLimit, timeLimit }: JobSpec,
  { partition, timeLimitMinutes }: CromwellOptions,
): Readonly<Record<string, unknown>> {
  const own = timeLimit === undefined ? undefined : Math.ceil(timeLimit / SECONDS) + SPARE_MINUTES;
  const minutes = timeLimitMinutes ?? own;
  return {
    ...(cpuLimit > 0 && { cpu: Math.ceil(cpuLimit / MILLICORES) }),
    // Cromwell makes `memory_mb` of it for the backend.
    ...(memoryLimit > 0 && { memory: `${memoryLimit}M` }),
    ...(gpuLimit > 0 && { gpu_limit: gpuLimit }),
    ...(minutes !== undefined && { timelimit: minutes }),
    ...(partition !== undefined && { slurm_partition: partition }),
  };
}

function buildLabels(spec: JobSpec, { runId }: Run): Readonly<Record<string, string>> {
  const labels = Object.entries(ownLabels(spec)).map(([key, value]) => [
    key.slice(0, MAX_LABEL),
    value.slice(0, MAX_LABEL),
  ]);
  return { ...(Object.fromEntries(labels) as Record<string, string>), [RUN_LABEL]: runId };
}
