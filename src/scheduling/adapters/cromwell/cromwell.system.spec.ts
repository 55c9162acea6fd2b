import { describe, expect, it } from 'vitest';
import type { CromwellClient } from '../../../clients/cromwell/cromwell-client.js';
import { CromwellError } from '../../../clients/cromwell/cromwell-error.js';
import type { JobName } from '../../domain/job-name.js';
import { specOf } from '../batch-api/batch-fixture.js';
import { createRecord } from '../batch-api/job-record.js';
import type { StoredJob } from '../batch-api/stored-job.js';
import type { WorkerFacts } from '../batch-api/worker-files.js';
import { LAUNCHED, listeningLog, NEW } from './cromwell-fixture.js';
import { CromwellSystem } from './cromwell.system.js';

const OPTIONS = {
  runtime: 'podman',
  program: 'podman',
  imageStorage: undefined,
  imageEntrypoint: 'keep',
  recordDirectory: '/records',
  partition: undefined,
  timeLimitMinutes: undefined,
} as const;
const NAME = 'job' as JobName;
const storedWith = (workers: readonly WorkerFacts[]): StoredJob => ({
  record: createRecord(specOf({ workers: workers.length }), 'RUN'),
  job: 'id',
  stopRequested: true,
  workers,
});
const soon = (): AbortSignal => AbortSignal.timeout(300);

function systemOf(client: Partial<CromwellClient>) {
  const { log, warnings } = listeningLog();
  return { system: new CromwellSystem(client as CromwellClient, OPTIONS, log), warnings };
}

describe('a wait for Cromwell that takes too long', () => {
  it.each([
    ['that all run', [LAUNCHED]],
    ['of which one is still to begin', [LAUNCHED, NEW]],
  ])('for the end of workers %s is told in words', async (_title, workers) => {
    const { system } = systemOf({
      abort: () => Promise.resolve(),
      metadata: () => Promise.resolve({ id: 'id', status: 'Aborting' }),
    });
    const error: unknown = await system
      .cancel('id', () => Promise.resolve(storedWith(workers)), soon())
      .catch((thrown: unknown) => thrown);
    expect(system.toError(error)).toMatchObject({
      code: 'BackendUnavailable',
      retryable: true,
      message: 'Cromwell has not ended the job in time',
    });
  });

  it('for a look-up of a run is told in words', async () => {
    const { system } = systemOf({ query: () => Promise.resolve([]) });
    const error: unknown = await system
      .jobsOfRun(NAME, 'RUN', soon())
      .catch((thrown: unknown) => thrown);
    expect(system.toError(error).message).toBe(
      'Cromwell has not told in time whether it has the job',
    );
  });
});

describe('a run that was submitted twice', () => {
  it('is the newest workflow, and this is logged', async () => {
    const found = ['new', 'old'].map((id) => ({ id, status: 'Running' }));
    const { system, warnings } = systemOf({ query: () => Promise.resolve(found) });
    expect(await system.jobsOfRun(NAME, 'RUN', soon())).toEqual(['new', 'old']);
    expect(warnings).toEqual([
      [
        'a job has several workflows in Cromwell, of which one counts',
        { run: 'RUN', workflows: ['new', 'old'], counts: 'new' },
      ],
    ]);
  });
});

describe('the readiness', () => {
  it.each([
    [401, 'CROMWELL_AUTHORIZATION'],
    [403, 'CROMWELL_AUTHORIZATION'],
    [404, 'CROMWELL_URL'],
    [undefined, 'CROMWELL_URL'],
  ])('after %s names %s', async (status, setting) => {
    const failing = () => Promise.reject(new CromwellError('no', status));
    const { system } = systemOf({ version: failing });
    const [check] = await system.check(soon());
    expect(check).toMatchObject({ ok: false, mend: expect.stringContaining(setting) as string });
  });
});
