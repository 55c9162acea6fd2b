import { describe, expect, it } from 'vitest';
import { jobSpec } from '../../../test/fakes/builders.js';
import { InMemoryScheduler } from '../../../test/fakes/in-memory.scheduler.js';
import type { Job } from '../domain/job.js';
import { backendUnavailable } from '../domain/scheduling-errors.js';
import { JobTable } from './job-table.js';
import { Submissions } from './submission.js';

const SPEC = jobSpec();

/** @param isAbsent whether the service takes it for certain that there is no such job */
function submit(backend: InMemoryScheduler, isAbsent: boolean): Promise<Job> {
  const submissions = new Submissions(backend, new JobTable(), {
    vouchesForAbsence: () => isAbsent,
    findNow: (name) => backend.find(name),
  });
  const source = {
    verify: () => Promise.resolve(),
    prepare: () => Promise.resolve({ spec: SPEC, secure: () => Promise.resolve() }),
  };
  return submissions.submit(SPEC.name, SPEC.specHash, source, AbortSignal.timeout(5_000));
}

describe('a submission', () => {
  it('of a job that nobody knows is not looked for where names are exclusive', async () => {
    const backend = new InMemoryScheduler({ names: 'exclusive' });
    await submit(backend, true);
    expect(backend.calls).toMatchObject({ find: 0, submit: 1 });
  });

  it.each([
    ['names may be shared', { names: 'shared' }, true],
    ['somebody may know of it', { names: 'exclusive' }, false],
  ] as const)('is looked for first when %s', async (_, capabilities, isAbsent) => {
    const backend = new InMemoryScheduler(capabilities);
    await submit(backend, isAbsent);
    expect(backend.calls).toMatchObject({ find: 1, submit: 1 });
  });

  it('is looked for at the second attempt: the first one may have acted', async () => {
    const backend = new InMemoryScheduler({ names: 'exclusive' });
    backend.failNext('submit', backendUnavailable('no answer'));
    await submit(backend, true);
    expect(backend.calls).toMatchObject({ find: 1, submit: 2 });
  });
});
