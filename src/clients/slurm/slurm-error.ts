/** A command of SLURM that failed, or did not end in time. */
export class SlurmError extends Error {
  constructor(
    /** What the command has to say, on one line. */
    readonly words: string,
    /** True where the controller has answered; otherwise it may have acted all the same. */
    readonly hasAnswered: boolean,
    options: ErrorOptions = {},
  ) {
    super(words, options);
    this.name = 'SlurmError';
  }
}

/** The words of a controller that cannot be reached or is too busy. Source: slurm_errno.c. */
const UNREACHABLE =
  /unable to contact|connection (?:refused|timed out|failure)|socket timed out|zero bytes were transmitted|communication|munge|authentication|unable to establish|temporarily|try again|backup|standby|no route to host/i;

const MAX_WORDS = 500;

/** @param words the standard error of a command that exited with another code than 0 */
export function toSlurmError(words: string): SlurmError {
  const line = words
    .replace(/^(?:sbatch|squeue|scancel|sacct|scontrol|sinfo): (?:error: )?/gm, '')
    .trim()
    .replace(/\s*\n\s*/g, '; ')
    .slice(0, MAX_WORDS);
  return new SlurmError(line === '' ? 'it gave no reason' : line, !UNREACHABLE.test(words));
}
