import { INPUT_TARGET, OUTPUT_TARGET } from '../../../storage/domain/mounts.js';

/** An absolute path; no address of a server, and no fraction. */
const PATH = /(?<![\w:/.~-])(?:\/[^\s/'"`:;,()<>[\]{}|=]+){2,}\/?/g;

/**
 * Words of Cromwell and of its batch system, on one line: they name files of the machine, of which a
 * client may know the last name only. The job's own two directories stay.
 */
export function withoutFolders(words: string): string {
  return words
    .replaceAll(PATH, (path) => (isOfJob(path) ? path : lastName(path)))
    .trim()
    .replaceAll(/\s+/g, ' ');
}

function isOfJob(path: string): boolean {
  return path.startsWith(INPUT_TARGET) || path.startsWith(OUTPUT_TARGET);
}

function lastName(path: string): string {
  return path.replace(/\/$/, '').replace(/^.*\//, '');
}
