/** Why a job ended with an error. A closed list, the same for every backend. */
export type FailureReason =
  | 'OutOfMemory'
  | 'TimeLimit'
  | 'ImagePull'
  | 'BadCommand'
  | 'NonZeroExit'
  | 'Signal'
  | 'NodeLost'
  | 'Evicted'
  | 'Preempted'
  | 'Unschedulable'
  | 'Quota'
  | 'MountFailed'
  | 'DeviceUnavailable'
  | 'Cancelled'
  | 'BackendError';

const SIGNAL_NAMES: Readonly<Record<number, string>> = {
  1: 'SIGHUP',
  2: 'SIGINT',
  3: 'SIGQUIT',
  4: 'SIGILL',
  6: 'SIGABRT',
  7: 'SIGBUS',
  8: 'SIGFPE',
  9: 'SIGKILL',
  11: 'SIGSEGV',
  13: 'SIGPIPE',
  14: 'SIGALRM',
  15: 'SIGTERM',
  24: 'SIGXCPU',
  25: 'SIGXFSZ',
};

/** Exit codes above this mean "128 + number of the signal", by the shells' convention. */
const SIGNAL_BASE = 128;

/** What an exit code other than 0 means. */
export interface ExitMeaning {
  readonly reason: FailureReason;
  /** A sentence without a full stop. */
  readonly message: string;
}

/**
 * Explains a non-zero exit code by the conventions of POSIX shells and container runtimes:
 * 125 to 127 the command could not be run, 128 + n ended by signal n.
 */
export function explainExitCode(exitCode: number): ExitMeaning {
  if (exitCode === 127) {
    return { reason: 'BadCommand', message: 'the command was not found (exit code 127)' };
  }
  if (exitCode === 126) {
    return { reason: 'BadCommand', message: 'the command could not be executed (exit code 126)' };
  }
  if (exitCode === 125) {
    return { reason: 'BadCommand', message: 'the command could not be run (exit code 125)' };
  }
  const signal = SIGNAL_NAMES[exitCode - SIGNAL_BASE];
  if (signal !== undefined) {
    return { reason: 'Signal', message: `ended by signal ${signal} (exit code ${exitCode})` };
  }
  return { reason: 'NonZeroExit', message: `exited with code ${exitCode}` };
}
