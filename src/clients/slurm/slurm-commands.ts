import { spawn } from 'node:child_process';
import { SlurmError, toSlurmError } from './slurm-error.js';

export interface SlurmCommandOptions {
  /** Where the commands are looked for, as in PATH. */
  readonly path: string;
  /** Path of slurm.conf; absent: where SLURM itself looks. */
  readonly configuration: string | undefined;
}

export type SlurmProgram = 'sbatch' | 'squeue' | 'sacct' | 'scancel' | 'scontrol';

/** More than a list of a hundred thousand jobs. */
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;
const MAX_ERROR_BYTES = 16 * 1024;

/** The user commands of SLURM as processes of this host: no shell, bounded output, a deadline each. */
export class SlurmCommands {
  constructor(private readonly options: SlurmCommandOptions) {}

  /**
   * @param args each reaches the program as it is
   * @returns its standard output
   * @throws SlurmError
   */
  run(
    program: SlurmProgram,
    args: readonly string[],
    signal: AbortSignal,
    input = '',
  ): Promise<string> {
    if (signal.aborted) return Promise.reject(tooLate(program, signal));
    return new Promise((resolve, reject) => {
      // Nothing of the service's own environment: SBATCH_* variables count as options.
      const child = spawn(program, args, {
        env: this.environment(),
        signal,
        killSignal: 'SIGKILL',
      });
      const output = new Bounded(MAX_OUTPUT_BYTES);
      const words = new Bounded(MAX_ERROR_BYTES);
      child.stdout.on('data', (chunk: Buffer) => {
        if (!output.push(chunk)) child.kill('SIGKILL');
      });
      child.stderr.on('data', (chunk: Buffer) => words.push(chunk));
      child.on('error', (error) => {
        reject(signal.aborted ? tooLate(program, signal) : cannotRun(program, error));
      });
      child.on('close', (code) => {
        if (output.isFull) reject(new SlurmError(`${program} gave too much output`, false));
        else if (code === 0) resolve(output.text());
        else reject(toSlurmError({ program, code, words: words.text() }));
      });
      // A program that ends before it has read everything says why by itself.
      child.stdin.on('error', () => undefined);
      child.stdin.end(input);
    });
  }

  private environment(): NodeJS.ProcessEnv {
    const { path, configuration } = this.options;
    const own = { PATH: path, LC_ALL: 'C.UTF-8', TZ: 'UTC', SLURM_TIME_FORMAT: 'standard' };
    return configuration === undefined ? own : { ...own, SLURM_CONF: configuration };
  }
}

class Bounded {
  private readonly chunks: Buffer[] = [];
  private bytes = 0;
  isFull = false;

  constructor(private readonly limit: number) {}

  /** @returns false when there is no more room */
  push(chunk: Buffer): boolean {
    if (this.bytes + chunk.length > this.limit) this.isFull = true;
    if (this.isFull) return false;
    this.chunks.push(chunk);
    this.bytes += chunk.length;
    return true;
  }

  text(): string {
    return Buffer.concat(this.chunks).toString('utf8');
  }
}

function tooLate(program: string, signal: AbortSignal): SlurmError {
  return new SlurmError(`${program} did not answer in time`, false, { cause: signal.reason });
}

function cannotRun(program: string, cause: unknown): SlurmError {
  return new SlurmError(`${program} cannot be run on this host`, false, { cause });
}
