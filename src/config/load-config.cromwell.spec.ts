import { describe, expect, it } from 'vitest';
import { problemsOf } from '../../test/fakes/config-problems.js';
import { loadConfig } from './load-config.js';

const URL = 'https://cromwell.example.org';
const CROMWELL = {
  CONTAINER_ENV: 'cromwell',
  STOREBASE: '/store',
  SLURM_RECORDS: '/records',
  CROMWELL_URL: URL,
};

describe('the configuration of Cromwell', () => {
  it('has the server, its credentials, and what the batch system is asked for', () => {
    const environment = {
      ...CROMWELL,
      CROMWELL_AUTHORIZATION: 'Bearer a.b.c',
      SLURM_PARTITION: 'long',
      SLURM_RECORDS: '/shared/records',
      TIMELIMIT_MINUTES: '30',
    };
    expect(loadConfig(environment).scheduler).toMatchObject({
      backend: 'cromwell',
      server: { url: URL, authorization: 'Bearer a.b.c' },
      options: { partition: 'long', timeLimitMinutes: 30, recordDirectory: '/shared/records' },
    });
  });

  it('says that the address of the server is missing', () => {
    const { CROMWELL_URL: _missing, ...environment } = CROMWELL;
    expect(problemsOf(environment)).toEqual([
      'CROMWELL_URL: must be set when CONTAINER_ENV is cromwell',
    ]);
  });

  it('refuses credentials that would break a header, and does not repeat them', () => {
    const problems = problemsOf({ ...CROMWELL, CROMWELL_AUTHORIZATION: 'Bearer a\r\nX-More: b' });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(/^CROMWELL_AUTHORIZATION: /);
    expect(problems[0]).not.toContain('Bearer');
  });
});
