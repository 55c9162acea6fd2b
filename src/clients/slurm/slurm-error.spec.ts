import { describe, expect, it } from 'vitest';
import { toSlurmError } from './slurm-error.js';

const FAILED = 'sbatch: error: Batch job submission failed:';
const failed = (words: string, code: number | null = 1, program = 'sbatch') =>
  toSlurmError({ program, code, words });

describe('what sbatch says', () => {
  it.each([
    `${FAILED} Invalid partition name specified`,
    `${FAILED} Requested node configuration is not available`,
    `sbatch: error: Memory specification can not be satisfied\n${FAILED} Requested node configuration is not available`,
    `${FAILED} Job violates accounting/QOS policy (job submit limit, user's size and/or time limits)`,
    'sbatch: unrecognized option \'--gpus=1\'\nTry "sbatch --help" for more information',
    'sbatch: error: Invalid --mem specification',
    'sbatch: error: Batch script contains DOS line breaks (\\r\\n)',
  ])('is an answer about the job: %s', (words) => {
    expect(failed(words).hasAnswered).toBe(true);
  });

  it.each([
    '',
    'sbatch: fatal: Could not establish a configuration source',
    'sbatch: error: resolve_ctls_from_dns_srv: res_nsearch error: Unknown host\nsbatch: fatal: Could not establish a configuration source',
    `${FAILED} Unable to contact slurm controller (connect failure)`,
    `${FAILED} Socket timed out on send/recv operation`,
    `${FAILED} Unspecified error`,
    `${FAILED} Connection reset by peer`,
    `${FAILED} `,
    'sbatch: error: If munged is up, restart with --num-threads=10',
    'sbatch: symbol lookup error: undefined symbol',
    'something that a wrapper says',
  ])('leaves the job open: %j', (words) => {
    expect(failed(words).hasAnswered).toBe(false);
  });

  it('leaves the job open where a signal has ended it', () => {
    expect(failed(`${FAILED} Invalid partition name specified`, null).hasAnswered).toBe(false);
  });

  it('is told without the names of the programs', () => {
    expect(failed(`${FAILED} Invalid account\n`).words).toBe(
      'Batch job submission failed: Invalid account',
    );
    expect(failed('').words).toBe('it gave no reason');
  });
});

describe('what the other programs say', () => {
  it('is an answer unless the controller cannot be reached', () => {
    const denied = 'scancel: error: Kill job error on job id 7: Access/permission denied';
    expect(failed(denied, 1, 'scancel').hasAnswered).toBe(true);
    const away = 'slurm_load_jobs error: Unable to contact slurm controller (connect failure)';
    expect(failed(away, 1, 'squeue').hasAnswered).toBe(false);
    expect(failed('', 1, 'sacct').hasAnswered).toBe(false);
  });
});
