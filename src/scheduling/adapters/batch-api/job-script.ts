import { posix } from 'node:path';
import { INPUT_TARGET, OUTPUT_TARGET } from '../../../storage/domain/mounts.js';
import { MANAGED_BY, OWN_LABELS } from '../../domain/own-labels.js';
import type { JobSpec } from '../../domain/job-spec.js';
import type { BatchOptions } from './batch-options.js';
import { runtimeCommand } from './container-runtime.js';
import { QUOTE_PRELUDE, quoteWord, quoteWords } from './shell-quote.js';
import { SUPERVISE } from './supervise.js';

/** One run of a job: the folder of its record, and what tells it from an earlier one of its name. */
export interface Run {
  readonly directory: string;
  readonly runId: string;
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

/**
 * The script of every worker of a job. Pure.
 * @param place lines that set `worker` (from 1 on), `job` (a number) and `attempt` (another for each start) and
 *   `poll` (seconds between two looks for a request to end, or empty), and that may set `unreached` (the
 *   exit code where the record cannot be reached)
 */
export function buildScript(
  spec: JobSpec,
  { directory, runId }: Run,
  options: BatchOptions,
  place: readonly string[],
): string {
  const { runtime, program } = options;
  const { args, environment } = runtimeCommand(spec, options);
  return [
    '#!/bin/sh',
    QUOTE_PRELUDE,
    ...place,
    `record=${quoteWord(directory)}`,
    `run=${quoteWord(runId)}`,
    `limit=${quoteWord(spec.timeLimit === undefined ? '' : String(spec.timeLimit))}`,
    `runtime=${quoteWord(runtime)}`,
    `program=${quoteWord(program)}`,
    ...(runtime === 'charliecloud' ? charliecloudLines(spec, options) : []),
    ...(environment.length === 0
      ? [`launcher=${quoteWord(program)}`, `set -- ${quoteWords(args)}`]
      : // Names of any kind, which no shell would export.
        ['launcher=env', `set -- ${quoteWords([...environment, program, ...args])}`]),
    SUPERVISE,
  ].join('\n');
}

/** Where `ch-image` keeps the image, and the folders that its mounts need, each after the one it lies in. */
function charliecloudLines({ image }: JobSpec, { imageStorage }: BatchOptions): readonly string[] {
  const targets = [posix.dirname(INPUT_TARGET), INPUT_TARGET, OUTPUT_TARGET];
  return [
    `images=${quoteWord(imageStorage ?? '')}`,
    `unpacked=${quoteWord(image.replaceAll('/', '%').replaceAll(':', '+'))}`,
    `targets=${quoteWord(targets.join(' '))}`,
  ];
}
