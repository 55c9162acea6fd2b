import { MANAGED_BY, OWN_LABELS } from '../../domain/own-labels.js';
import type { JobSpec } from '../../domain/job-spec.js';
import { QUOTE_PRELUDE, quoteWord, quoteWords } from './shell-quote.js';
import type { SlurmOptions } from './slurm-options.js';
import { runtimeCommand } from './slurm-runtime.js';
import { SUPERVISE } from './slurm-script.js';

/** One call of `sbatch`. */
export interface Submission {
  readonly args: readonly string[];
  /** Goes to its standard input. */
  readonly script: string;
}

const MILLICORES = 1_000;
const SECONDS = 60;
/** Beyond the job's own limit, so that the job's own watch has the time to end it and to say why. */
const SPARE_MINUTES = 2;

/** What the commands of a run share: its folder and its id. Pure. */
export function buildSubmission(
  spec: JobSpec,
  { directory, runId }: { readonly directory: string; readonly runId: string },
  options: SlurmOptions,
): Submission {
  const args = [
    '--parsable',
    '--no-requeue',
    // The clean environment of the submitting command, and none of its limits.
    '--export=ALL',
    '--propagate=NONE',
    '--output=/dev/null',
    '--chdir=/',
    `--job-name=${spec.name}`,
    `--comment=${buildComment(spec, runId)}`,
    '--nodes=1',
    '--ntasks=1',
    ...(spec.workers > 1 ? [`--array=1-${spec.workers}`] : []),
    ...buildLimits(spec, options),
    ...option('partition', options.partition),
    ...option('account', options.account),
    ...option('qos', options.qos),
    ...option('constraint', options.constraint),
  ];
  return { args, script: buildScript(spec, { directory, runId }, options) };
}

/** JSON on one line: what finds the job again after a lost answer, and what a site's staff reads. */
function buildComment(spec: JobSpec, runId: string): string {
  const labels = ownLabels(spec);
  return JSON.stringify({ run: runId, labels });
}

/** The service's own labels win over the deployment's. */
export function ownLabels(spec: JobSpec): Readonly<Record<string, string>> {
  return {
    ...spec.labels,
    [OWN_LABELS.managedBy]: MANAGED_BY,
    [OWN_LABELS.jid]: spec.name,
    [OWN_LABELS.specHash]: spec.specHash,
    [OWN_LABELS.owner]: spec.owner,
    [OWN_LABELS.workers]: String(spec.workers),
  };
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

function buildScript(
  spec: JobSpec,
  { directory, runId }: { readonly directory: string; readonly runId: string },
  options: SlurmOptions,
): string {
  const { runtime, program } = options;
  const { args, environment } = runtimeCommand(spec, options);
  return [
    '#!/bin/sh',
    QUOTE_PRELUDE,
    `record=${quoteWord(directory)}`,
    `run=${quoteWord(runId)}`,
    `limit=${quoteWord(spec.timeLimit === undefined ? '' : String(spec.timeLimit))}`,
    `runtime=${quoteWord(runtime)}`,
    `program=${quoteWord(program)}`,
    ...(environment.length === 0
      ? [`launcher=${quoteWord(program)}`, `set -- ${quoteWords(args)}`]
      : // Names of any kind, which no shell would export.
        ['launcher=env', `set -- ${quoteWords([...environment, program, ...args])}`]),
    SUPERVISE,
  ].join('\n');
}
