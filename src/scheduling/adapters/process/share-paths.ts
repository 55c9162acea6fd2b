import { INPUT_TARGET, OUTPUT_TARGET, type Mounts } from '../../../storage/domain/mounts.js';

/** A whole path or the beginning of one: `/data/share/incoming` and `/share/incoming2` are others. */
const SHARE_PATH = /(?<![\w./-])\/share\/(?:incoming|outgoing)(?![\w.-])/g;

/** Puts the real directories in the place of the two that a job is told about. */
export function replaceSharePaths(text: string, mounts: Mounts): string {
  const real: Readonly<Record<string, string>> = {
    [INPUT_TARGET]: mounts.input.path,
    [OUTPUT_TARGET]: mounts.output.path,
  };
  return text.replace(SHARE_PATH, (target) => real[target] ?? target);
}
