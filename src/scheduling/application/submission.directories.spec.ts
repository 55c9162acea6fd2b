import { describe, expect, it } from 'vitest';
import { jobName, jobSpec, specHash } from '../../../test/fakes/builders.js';
import { InMemoryScheduler } from '../../../test/fakes/in-memory.scheduler.js';
import { invalidFields } from '../../shared/domain-error.js';
import { storageUnavailable } from '../../storage/domain/storage-errors.js';
import { JobTable } from './job-table.js';
import type { PreparedJob } from './job-source.js';
import { Submissions } from './submission.js';

const NAME = jobName('job-1');
const SPEC = jobSpec();
const SAME = SPEC.specHash;
const OTHER = specHash('another');

describe('directories that cannot be used', () => {
  const bad = invalidFields({ input_dir: 'is not there' });

  it('are refused before the backend is asked anything', async () => {
    const backend = new InMemoryScheduler();
    const source = { verify: () => Promise.reject(bad), prepare: () => Promise.reject(bad) };
    const submission = new Submissions(backend, new JobTable()).submit(
      NAME,
      SAME,
      source,
      AbortSignal.timeout(500),
    );
    await expect(submission).rejects.toBe(bad);
    expect(backend.callCount).toBe(0);
  });

  it('are no matter for the repeat of a job that is known', async () => {
    const backend = new InMemoryScheduler();
    const table = new JobTable();
    const job = await backend.submit(SPEC);
    backend.move(NAME, { status: 'started' });
    table.learn(NAME, job, 0);
    const source = { verify: () => Promise.reject(bad), prepare: () => Promise.reject(bad) };
    const submissions = new Submissions(backend, table);
    const signal = AbortSignal.timeout(500);
    await expect(submissions.submit(NAME, SAME, source, signal)).resolves.toMatchObject({
      incarnation: job.incarnation,
    });
    await expect(submissions.submit(NAME, OTHER, source, signal)).rejects.toBe(bad);
  });

  it('for a moment are tried again', async () => {
    const backend = new InMemoryScheduler();
    const faults = [storageUnavailable('not yet'), storageUnavailable('not yet')];
    const prepare = (): Promise<PreparedJob> => {
      const fault = faults.pop();
      if (fault !== undefined) return Promise.reject(fault);
      return Promise.resolve({ spec: SPEC, secure: () => Promise.resolve() });
    };
    const source = { verify: () => Promise.resolve(), prepare };
    const submission = new Submissions(backend, new JobTable()).submit(
      NAME,
      SAME,
      source,
      AbortSignal.timeout(9_000),
    );
    await expect(submission).resolves.toMatchObject({ name: NAME });
  });
});
