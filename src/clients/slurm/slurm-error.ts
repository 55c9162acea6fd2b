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

/** What one of the programs of SLURM has left behind that did not succeed. */
interface FailedProgram {
  readonly program: string;
  /** Null: it was ended by a signal. */
  readonly code: number | null;
  /** Its standard error. */
  readonly words: string;
}

/** The words of a controller that cannot be reached or is too busy. Source: slurm_errno.c. */
const UNREACHABLE =
  /unable to contact|connection (?:refused|timed out|failure|reset)|socket timed out|zero bytes were transmitted|communication|munge|authentication|unable to establish|could not establish|temporarily|try again|backup|standby|no route to host|unspecified error|broken pipe|not connected|unexpected message|^\S+: fatal:/im;

/**
 * With these words `sbatch` says that a job was not taken: the controller's answer, or what it finds wrong by
 * itself. Whatever else it says leaves open what has become of the job. Source: sbatch.c, opt.c.
 */
const NOT_TAKEN =
  /^sbatch: (?:error: )?batch job submission failed: \S|^sbatch: (?:error: )?(?:unrecognized option|invalid option|option .* requires|invalid --|invalid (?:argument|count|constraint|gres|number|numeric|time) |batch script |this does not look like a batch script)/im;

const MAX_WORDS = 500;

export function toSlurmError({ program, code, words }: FailedProgram): SlurmError {
  const line = words
    .replace(/^(?:sbatch|squeue|scancel|sacct|scontrol|sinfo): (?:error: )?/gm, '')
    .trim()
    .replace(/\s*\n\s*/g, '; ')
    .slice(0, MAX_WORDS);
  const isAnswer = code !== null && line !== '' && !UNREACHABLE.test(words);
  const isAboutJob = program !== 'sbatch' || NOT_TAKEN.test(words);
  return new SlurmError(line === '' ? 'it gave no reason' : line, isAnswer && isAboutJob);
}
