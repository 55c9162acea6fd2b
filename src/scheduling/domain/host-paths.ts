import { INPUT_TARGET, OUTPUT_TARGET, type Mounts } from '../../storage/domain/mounts.js';

/** A path of the machine that runs a job, and the one at which the job itself sees it. */
export interface SeenPath {
  readonly source: string;
  readonly target: string;
}

/**
 * The words of a backend as a client may read them: clients learn where the store lies from nothing
 * else, so no error and no state tells them either.
 */
export function withoutHostPaths(words: string, paths: readonly SeenPath[]): string {
  return paths
    .toSorted((a, b) => b.source.length - a.source.length)
    .reduce((text, { source, target }) => text.replaceAll(source, () => target), words);
}

/** The two directories of a job. */
export function pathsOf({ input, output }: Mounts): readonly SeenPath[] {
  return [
    { source: input.path, target: INPUT_TARGET },
    { source: output.path, target: OUTPUT_TARGET },
  ];
}
