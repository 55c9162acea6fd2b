import { INPUT_TARGET, OUTPUT_TARGET } from '../../storage/domain/mounts.js';
import type { JobRequest } from './job-request.js';

/** The argv of a plugin: entrypoint, arguments, the input directory for `ds`, the output directory. */
export function buildCommand(
  request: Pick<JobRequest, 'entrypoint' | 'args' | 'argsPathFlags' | 'type'>,
): readonly string[] {
  return [
    ...request.entrypoint,
    ...localizePathArgs(request.args, new Set(request.argsPathFlags)),
    ...(request.type === 'ds' ? [INPUT_TARGET] : []),
    OUTPUT_TARGET,
  ];
}

/**
 * Puts the input directory in place of the value after each path flag; a flag at the end gains one,
 * and `--flag=value` keeps its form.
 * Source: the ChRIS plugin specification, "path arguments".
 */
export function localizePathArgs(
  args: readonly string[],
  pathFlags: ReadonlySet<string>,
): readonly string[] {
  const localized: string[] = [];
  for (let index = 0; index < args.length; index += 1) {
    const arg = args[index] ?? '';
    const equals = arg.indexOf('=');
    if (pathFlags.has(arg)) {
      localized.push(arg, INPUT_TARGET);
      index += 1;
    } else if (equals > 0 && pathFlags.has(arg.slice(0, equals))) {
      localized.push(`${arg.slice(0, equals)}=${INPUT_TARGET}`);
    } else {
      localized.push(arg);
    }
  }
  return localized;
}
