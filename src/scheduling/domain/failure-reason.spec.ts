import { describe, expect, it } from 'vitest';
import { explainExitCode } from './failure-reason.js';

describe('an exit code', () => {
  it.each([
    [1, 'NonZeroExit', 'exited with code 1'],
    [124, 'NonZeroExit', 'exited with code 124'],
    [125, 'BadCommand', 'the command could not be run (exit code 125)'],
    [126, 'BadCommand', 'the command could not be executed (exit code 126)'],
    [127, 'BadCommand', 'the command was not found (exit code 127)'],
    [128, 'NonZeroExit', 'exited with code 128'],
    [130, 'Signal', 'ended by signal SIGINT (exit code 130)'],
    [134, 'Signal', 'ended by signal SIGABRT (exit code 134)'],
    [137, 'Signal', 'ended by signal SIGKILL (exit code 137)'],
    [139, 'Signal', 'ended by signal SIGSEGV (exit code 139)'],
    [143, 'Signal', 'ended by signal SIGTERM (exit code 143)'],
    [255, 'NonZeroExit', 'exited with code 255'],
  ])('%i means %s', (exitCode, reason, message) => {
    expect(explainExitCode(exitCode)).toEqual({ reason, message });
  });
});
