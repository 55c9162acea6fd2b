import { describe, expect, it, vi } from 'vitest';
import { jobName, jobSpec } from '../../../test/fakes/builders.js';
import { InMemoryScheduler } from '../../../test/fakes/in-memory.scheduler.js';
import type { JobSpec } from '../domain/job-spec.js';
import { backendUnavailable } from '../domain/scheduling-errors.js';
import { JobTable } from './job-table.js';
import { Submissions } from './submission.js';

const NAME = jobName('job-1');
const SPEC = jobSpec();
const SAME = SPEC.specHash;

describe('the end of the service', () => {
  it('waits for a submission for 25 seconds, whatever the backend does', async () => {
    vi.useFakeTimers();
    const backend = new InMemoryScheduler();
    const submissions = new Submissions(backend, new JobTable());
    const silent = (_spec: JobSpec, signal: AbortSignal) =>
      new Promise<never>((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(backendUnavailable('no answer')));
      });
    Object.assign(backend, { submit: silent });
    const source = {
      verify: () => Promise.resolve(),
      prepare: () => Promise.resolve({ spec: SPEC, secure: () => Promise.resolve() }),
    };
    const submission = submissions.submit(NAME, SAME, source, new AbortController().signal);
    const outcome = expect(submission).rejects.toMatchObject({ code: 'BackendUnavailable' });
    await vi.advanceTimersByTimeAsync(10);
    submissions.leave();
    await vi.advanceTimersByTimeAsync(25_000);
    await outcome;
    vi.useRealTimers();
  });
});

describe('submissions under way', () => {
  it('are a thousand at most, wherever they wait, and counted by their outcome', async () => {
    const backend = new InMemoryScheduler();
    const submissions = new Submissions(backend, new JobTable());
    let come = (): void => undefined;
    const image = new Promise<void>((resolve) => {
      come = resolve;
    });
    backend.prepare = () => image.then(() => 'ready');
    const submit = (index: number) => {
      const name = jobName(`job-${index}`);
      const prepared = { spec: jobSpec({ name }), secure: () => Promise.resolve() };
      const source = {
        verify: () => Promise.resolve(),
        prepare: () => Promise.resolve(prepared),
      };
      return submissions.submit(name, SAME, source, AbortSignal.timeout(20_000));
    };
    const waiting = Array.from({ length: 1_000 }, (_, index) => submit(index));
    await expect(submit(1_000)).rejects.toMatchObject({ code: 'BackendBusy' });
    come();
    await Promise.all(waiting);
    await expect(submit(1_000)).resolves.toBeDefined();
    expect(Object.fromEntries(submissions.outcomes)).toEqual({ accepted: 1_001, BackendBusy: 1 });
  });
});
