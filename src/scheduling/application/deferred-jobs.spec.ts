import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { imageRef, jobName, jobSpec } from '../../../test/fakes/builders.js';
import { InMemoryScheduler } from '../../../test/fakes/in-memory.scheduler.js';
import { KeptInMemory } from '../../../test/fakes/kept-in-memory.js';
import { DomainError, invalidFields } from '../../shared/domain-error.js';
import { backendUnavailable, imageUnavailable, jobRefused } from '../domain/scheduling-errors.js';
import { DeferredJobs } from './deferred-jobs.js';
import { JobTable } from './job-table.js';
import { Submissions } from './submission.js';

const NAME = jobName('job-1');
const SPEC = jobSpec();
const SILENT = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const signal = AbortSignal.timeout(60_000);

const running: DeferredJobs[] = [];
afterEach(() => {
  vi.restoreAllMocks();
  running.splice(0).forEach((jobs) => jobs.stop());
});

function keeping() {
  const backend = new InMemoryScheduler();
  const kept = new KeptInMemory(backend);
  return { backend: Object.assign(backend, { deferrals: kept }), kept };
}

/** A replica that looks after kept jobs. */
function replica(backend: InMemoryScheduler, secure = () => Promise.resolve()): DeferredJobs {
  const jobs = new DeferredJobs(backend, secure, () => {}, SILENT);
  running.push(jobs);
  jobs.start();
  return jobs;
}

async function eventually(check: () => boolean): Promise<void> {
  for (let round = 0; round < 500 && !check(); round += 1) await sleep(10);
  expect(check()).toBe(true);
}

describe('a job whose image is still on its way', () => {
  it('is accepted, kept by the backend, and not submitted', async () => {
    const { backend, kept } = keeping();
    backend.readiness = 'underway';
    const submissions = new Submissions(backend, new JobTable());
    const source = {
      verify: () => Promise.resolve(),
      prepare: () => Promise.resolve({ spec: SPEC, secure: () => Promise.resolve() }),
    };
    const job = await submissions.submit(NAME, SPEC.specHash, source, signal);
    expect(job).toMatchObject({ isDeferred: true, state: { status: 'notstarted' } });
    expect(backend.calls.submit).toBe(0);
    expect(kept.specs.get(NAME)).toEqual(SPEC);
    // A repeat waits no more.
    await expect(submissions.submit(NAME, SPEC.specHash, source, signal)).resolves.toEqual(job);
    expect(backend.calls.prepare).toBe(1);
  });
});

describe('a job that is kept', () => {
  it('is submitted by any replica as soon as its image is there, in directories made anew', async () => {
    const { backend, kept } = keeping();
    await kept.keep(SPEC);
    const secured: number[] = [];
    replica(backend, () => Promise.resolve(void secured.push(1)));
    await eventually(() => kept.specs.size === 0);
    expect(backend.specs).toEqual([SPEC]);
    expect(secured).toHaveLength(1);
  });

  it('is tried again while the backend is silent', async () => {
    const { backend, kept } = keeping();
    backend.failNext('prepare', ...Array.from({ length: 3 }, () => backendUnavailable('silence')));
    await kept.keep(SPEC);
    replica(backend);
    await eventually(() => backend.specs.length === 1);
    expect(kept.failures.size).toBe(0);
  });

  it('outlives an outage, passing errors after it, and an error that nobody has foreseen', async () => {
    const { backend, kept } = keeping();
    const silence = Array.from({ length: 5 }, () => backendUnavailable('silence'));
    const passing = new DomainError('BackendError', 'not now', { retryable: true });
    backend.failNext('prepare', ...silence, new DOMException('late', 'TimeoutError'), passing);
    await kept.keep(SPEC);
    vi.spyOn(Math, 'random').mockReturnValue(0);
    replica(backend);
    await eventually(() => backend.specs.length + kept.failures.size === 1);
    expect(kept.failures.size).toBe(0);
  });

  it.each([
    ['ImagePull', 'prepare', imageUnavailable('x', 'manifest unknown')],
    ['BadCommand', 'submit', jobRefused('no such device')],
  ] as const)('fails by %s when %s is refused for good', async (reason, operation, error) => {
    const { backend, kept } = keeping();
    backend.failNext(operation, error);
    await kept.keep(SPEC);
    replica(backend);
    await eventually(() => kept.failures.size === 1);
    expect(kept.failures.get(NAME)).toEqual({ reason, message: error.message });
    expect(backend.specs).toEqual([]);
  });

  it('fails when its directories are gone', async () => {
    const { backend, kept } = keeping();
    await kept.keep(SPEC);
    replica(backend, () => Promise.reject(invalidFields({ input_dir: 'does not exist' })));
    await eventually(() => kept.failures.size === 1);
    expect(kept.failures.get(NAME)).toMatchObject({ reason: 'MountFailed' });
  });

  it('is forgotten without a word when somebody has removed it', async () => {
    const { backend, kept } = keeping();
    await kept.keep(SPEC);
    replica(backend, () => Promise.resolve(void kept.specs.delete(NAME)));
    await eventually(() => backend.calls.prepare > 0);
    await sleep(50);
    expect(backend.jobs.size).toBe(0);
    expect(kept.failures.size).toBe(0);
  });

  it('is not failed by what befell an earlier job of its name', async () => {
    const { backend, kept } = keeping();
    await kept.keep(SPEC);
    let refuse = (_error: Error): void => {};
    const refusal = new Promise<never>((_resolve, reject) => {
      refuse = reject;
    });
    backend.prepare = ({ image }) => (image === SPEC.image ? refusal : Promise.resolve('underway'));
    replica(backend);
    await sleep(50);
    kept.specs.delete(NAME);
    await kept.keep(jobSpec({ image: imageRef('another:1') }));
    refuse(imageUnavailable(SPEC.image, 'manifest unknown'));
    await sleep(50);
    expect(kept.failures.size).toBe(0);
    await expect(kept.list()).resolves.toMatchObject([{ spec: { image: 'another:1' } }]);
  });
});
