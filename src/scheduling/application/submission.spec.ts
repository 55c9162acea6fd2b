import { describe, expect, it, vi } from 'vitest';
import { jobName, jobSpec, specHash } from '../../../test/fakes/builders.js';
import { InMemoryScheduler } from '../../../test/fakes/in-memory.scheduler.js';
import { DomainError } from '../../shared/domain-error.js';
import type { JobSpec } from '../domain/job-spec.js';
import { backendUnavailable, imageUnavailable, jobRefused } from '../domain/scheduling-errors.js';
import { JobTable } from './job-table.js';
import { Submissions } from './submission.js';

const NAME = jobName('job-1');
const SPEC = jobSpec();
const SAME = SPEC.specHash;
const OTHER = specHash('another');

/** One service over a backend, and how often it prepared and secured a job. */
function service(backend: InMemoryScheduler, spec: JobSpec = SPEC) {
  const submissions = new Submissions(backend, new JobTable());
  const counts = { prepared: 0, secured: 0 };
  const submit = (hash = SAME, signal = AbortSignal.timeout(5_000)) =>
    submissions.submit(
      NAME,
      hash,
      {
        verify: () => Promise.resolve(),
        prepare: async () => {
          counts.prepared += 1;
          await Promise.resolve();
          const secure = async (): Promise<void> => {
            await Promise.resolve();
            counts.secured += 1;
          };
          return { spec: { ...spec, specHash: hash }, secure };
        },
      },
      signal,
    );
  return { submit, counts };
}

describe('a submission', () => {
  it('of a new job starts it once, in directories that were made before', async () => {
    const backend = new InMemoryScheduler();
    const { submit, counts } = service(backend);
    await expect(submit()).resolves.toMatchObject({ name: NAME, state: { status: 'notstarted' } });
    expect(backend.specs).toEqual([SPEC]);
    expect(counts).toEqual({ prepared: 1, secured: 1 });
  });

  it('of a job that does what the backend cannot is refused before the backend is asked', async () => {
    const backend = new InMemoryScheduler({ gpus: 'no' });
    const { submit } = service(backend, jobSpec({ gpuLimit: 1 }));
    await expect(submit()).rejects.toMatchObject({
      code: 'InvalidRequest',
      fields: { gpu_limit: expect.anything() },
    });
    expect(backend.calls).toMatchObject({ prepare: 0, submit: 0 });
  });

  it.each([
    jobRefused('no such program'),
    imageUnavailable('x', 'manifest unknown'),
    new DomainError('BackendError', 'x'),
    new TypeError('a mistake of ours'),
  ])('that the backend refuses for good is not tried again: %s', async (error) => {
    const backend = new InMemoryScheduler();
    backend.failNext('submit', error);
    const { submit } = service(backend);
    await expect(submit()).rejects.toBe(error);
    expect(backend.calls.submit).toBe(1);
  });

  it('makes no directories for an image that cannot be had', async () => {
    const backend = new InMemoryScheduler();
    backend.failNext('prepare', imageUnavailable('x', 'manifest unknown'));
    const { submit, counts } = service(backend);
    await expect(submit()).rejects.toMatchObject({ code: 'ImageUnavailable' });
    expect(counts.secured).toBe(0);
    expect(backend.calls.submit).toBe(0);
  });

  it('is tried again after it failed', async () => {
    const backend = new InMemoryScheduler();
    backend.failNext('submit', jobRefused('not now'));
    const { submit } = service(backend);
    await expect(submit()).rejects.toThrow('not now');
    await expect(submit()).resolves.toMatchObject({ name: NAME });
  });
});

describe('a repeated submission', () => {
  it.each(['started', 'finishedSuccessfully', 'finishedWithError'] as const)(
    'of a job that is %s answers with that job and starts nothing',
    async (status) => {
      const backend = new InMemoryScheduler();
      const { submit, counts } = service(backend);
      await submit();
      backend.move(NAME, { status });
      await expect(submit()).resolves.toMatchObject({ state: { status } });
      expect(backend.calls.submit).toBe(1);
      expect(counts).toEqual({ prepared: 1, secured: 1 });
    },
  );

  it('of a job that was made but never started has the backend continue it, and makes no directories', async () => {
    const backend = new InMemoryScheduler();
    const { submit, counts } = service(backend);
    await submit();
    backend.move(NAME, { status: 'notstarted' });
    await expect(submit()).resolves.toMatchObject({ state: { status: 'notstarted' } });
    expect(backend.calls.submit).toBe(2);
    expect(backend.jobs.size).toBe(1);
    expect(counts.secured).toBe(1);
  });

  it('of a job of which only some workers have begun has the backend continue it', async () => {
    const backend = new InMemoryScheduler();
    const { submit, counts } = service(backend);
    await submit();
    backend.move(NAME, { status: 'started' }, { isPartlyStarted: true });
    await submit();
    expect(backend.calls.submit).toBe(2);
    expect(counts.secured).toBe(1);
  });

  it('with another specification is a conflict and touches nothing', async () => {
    const backend = new InMemoryScheduler();
    const { submit } = service(backend);
    await submit();
    await expect(submit(OTHER)).rejects.toMatchObject({ code: 'JobConflict' });
    expect(backend.calls.submit).toBe(1);
    expect(backend.jobs.get(NAME)?.specHash).toBe(SAME);
  });
});

describe('many submissions at a time', () => {
  it('of one job are one', async () => {
    const backend = new InMemoryScheduler();
    const { submit, counts } = service(backend);
    const jobs = await Promise.all(Array.from({ length: 50 }, () => submit()));
    expect(new Set(jobs.map(({ incarnation }) => incarnation)).size).toBe(1);
    expect(backend.calls).toMatchObject({ find: 1, submit: 1 });
    expect(counts).toEqual({ prepared: 1, secured: 1 });
  });

  it('fail together, and the next one starts afresh', async () => {
    const backend = new InMemoryScheduler();
    backend.failNext('submit', jobRefused('x'));
    const { submit } = service(backend);
    const outcomes = await Promise.allSettled([submit(), submit()]);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    await expect(submit()).resolves.toBeDefined();
  });

  it('of different jobs of one name are a conflict for all but the first', async () => {
    const backend = new InMemoryScheduler();
    const { submit } = service(backend);
    const [first, second] = await Promise.allSettled([submit(SAME), submit(OTHER)]);
    expect(first.status).toBe('fulfilled');
    expect(second).toMatchObject({ status: 'rejected', reason: { code: 'JobConflict' } });
    expect(backend.calls.submit).toBe(1);
  });

  it('to two replicas make one job', async () => {
    const backend = new InMemoryScheduler();
    const [a, b] = [service(backend), service(backend)];
    const jobs = await Promise.all([a.submit(), b.submit()]);
    expect(jobs[0].incarnation).toBe(jobs[1].incarnation);
    expect(backend.jobs.size).toBe(1);
  });

  it('to two replicas with different jobs of one name: one of them conflicts', async () => {
    const backend = new InMemoryScheduler();
    const outcomes = await Promise.allSettled([
      service(backend).submit(SAME),
      service(backend).submit(OTHER),
    ]);
    expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    expect(outcomes).toContainEqual(
      expect.objectContaining({ reason: expect.objectContaining({ code: 'JobConflict' }) }),
    );
  });
});

describe('a name that is taken', () => {
  it('by an object that is not ours is refused', async () => {
    const backend = new InMemoryScheduler();
    backend.foreignNames.add(NAME);
    await expect(service(backend).submit()).rejects.toMatchObject({ code: 'NameTaken' });
    expect(backend.calls.submit).toBe(1);
  });
});

describe('a fault that passes', () => {
  const fault = backendUnavailable('no answer');

  it.each(['find', 'submit', 'prepare'] as const)('in %s is absorbed', async (operation) => {
    const backend = new InMemoryScheduler();
    backend.failNext(operation, fault, fault);
    const { submit, counts } = service(backend);
    await expect(submit()).resolves.toMatchObject({ name: NAME });
    expect(counts.prepared).toBe(1);
    expect(backend.jobs.size).toBe(1);
  });

  it('after which the job turns out to exist is a success', async () => {
    const backend = new InMemoryScheduler();
    const { submit } = service(backend);
    await submit();
    backend.failNext('find', fault);
    await expect(submit()).resolves.toMatchObject({ state: { status: 'started' } });
    expect(backend.calls.submit).toBe(1);
  });

  it('is absorbed also when the backend stumbles for some time after an outage', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0);
    const backend = new InMemoryScheduler();
    const stumbling = new DomainError('BackendError', 'not now', { retryable: true });
    backend.failNext('submit', ...Array.from({ length: 6 }, () => fault), stumbling, stumbling);
    await expect(service(backend).submit()).resolves.toMatchObject({ name: NAME });
    vi.restoreAllMocks();
  });

  it('of a registry is waited for as long as the request lasts', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0);
    const backend = new InMemoryScheduler();
    const tooMany = new DomainError('ImageUnavailable', 'too many requests', { retryable: true });
    backend.failNext('prepare', ...Array.from({ length: 30 }, () => tooMany));
    await expect(service(backend).submit()).resolves.toMatchObject({ name: NAME });
    vi.restoreAllMocks();
  });

  it('and does not pass in time is told as it is', async () => {
    const backend = new InMemoryScheduler();
    backend.failNext('find', ...Array.from({ length: 1_000 }, () => fault));
    const began = performance.now();
    await expect(service(backend).submit(SAME, AbortSignal.timeout(300))).rejects.toBe(fault);
    expect(performance.now() - began).toBeLessThan(2_000);
    expect(backend.jobs.size).toBe(0);
  });
});
