import { describe, expect, it } from 'vitest';
import { problemsOf } from '../../test/fakes/config-problems.js';
import { loadConfig } from './load-config.js';

const SLURM = { CONTAINER_ENV: 'slurm', STOREBASE: '/store', SLURM_RECORDS: '/records' };
const REST = { ...SLURM, SLURMRESTD_URL: 'https://slurm.example.org:6820' };

describe('the configuration of SLURM', () => {
  it('has the commands of this host', () => {
    expect(loadConfig(SLURM).scheduler).toMatchObject({
      rest: undefined,
      options: { transport: 'commands' },
    });
  });

  it('has slurmrestd where its address is set', () => {
    const environment = { ...REST, SLURM_JWT_FILE: '/run/token' };
    expect(loadConfig(environment).scheduler).toMatchObject({
      rest: { url: REST.SLURMRESTD_URL, token: { file: '/run/token' } },
      options: { transport: 'slurmrestd' },
    });
  });

  it.each([
    [REST, 'SLURM_JWT_FILE: must be set when SLURMRESTD_URL is'],
    [
      { ...REST, SLURM_JWT: 'a.b.c', SLURM_JWT_FILE: '/run/token' },
      'SLURM_JWT: cannot be set together with SLURM_JWT_FILE',
    ],
    [
      { ...SLURM, SLURM_CONTAINER_RUNTIME: 'charliecloud', IMAGE_ENTRYPOINT: 'keep' },
      'IMAGE_ENTRYPOINT: cannot be keep when SLURM_CONTAINER_RUNTIME is charliecloud, which runs no ENTRYPOINT',
    ],
  ])('with %j is refused', (environment, problem) => {
    expect(problemsOf(environment)).toContain(problem);
  });

  it.each([{ HOME: '/home/chris' }, {}])('wants a folder of records, also with %j', (home) => {
    const { SLURM_RECORDS: _missing, ...environment } = SLURM;
    expect(problemsOf({ ...environment, ...home })).toEqual([
      expect.stringMatching(/^SLURM_RECORDS: must be set to a folder of shared storage/),
    ]);
  });

  it.each([
    ['podman', false],
    ['apptainer', true],
    ['singularity', true],
    ['charliecloud', true],
  ])('says of %s whether only SLURM enforces limits: %s', (runtime, isSaid) => {
    const environment = { ...SLURM, SLURM_CONTAINER_RUNTIME: runtime, IMAGE_ENTRYPOINT: 'replace' };
    const said = loadConfig(environment).warnings.filter((text) =>
      text.startsWith('cpu and memory'),
    );
    expect(said).toHaveLength(isSaid ? 1 : 0);
  });

  it.each(['slurm:6820', 'unix:socket', 'https://chris:secret@slurm'])(
    'with the address %s is refused by the name of the variable alone',
    (url) => {
      const problems = problemsOf({ ...REST, SLURM_JWT: 'a.b.c', SLURMRESTD_URL: url }).join();
      expect(problems).toMatch(/^SLURMRESTD_URL/);
      expect(problems).not.toContain('secret');
    },
  );

  it.each(['SLURMRESTD_USER', 'SLURM_JWT'])('says that %s needs an address', (name) => {
    expect(loadConfig({ ...SLURM, [name]: 'x' }).warnings).toContain(
      `${name} has no effect: it needs SLURMRESTD_URL`,
    );
  });
});
