import fc from 'fast-check';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { jobSpec } from '../../../test/fakes/builders.js';
import { ModelBackend } from '../../../test/fakes/model-backend.js';
import type { JobName } from '../domain/job-name.js';
import type { JobSpec } from '../domain/job-spec.js';
import { backendUnavailable, jobNotFound } from '../domain/scheduling-errors.js';
import type { SpecHash } from '../domain/spec-hash.js';
import { FINE, NAME, ONE_LIST, TIMES, live, soon, statusOf } from './live-scheduler-fixture.js';
import type { JobSource } from './job-source.js';
import { Submissions } from './submission.js';

const spec = (name: JobName): JobSpec => ({ name }) as JobSpec;

describe('a poll', () => {
  it('of a job that is known costs no call', async () => {
    const backend = new ModelBackend(FINE);
    backend.create(NAME);
    const { scheduler, sync } = live(backend, ONE_LIST);
    // One at the start, and one because the stream of hints has opened.
    await expect.poll(() => backend.calls, { timeout: 5_000 }).toMatchObject({ list: 2, find: 1 });
    await sleep(20);
    const before = { ...backend.calls };
    for (let poll = 0; poll < 1_000; poll += 1) await scheduler.find(NAME, soon());
    expect(backend.calls).toEqual(before);
    sync.stop();
  });

  it('of a job that is not in the table asks the backend before it says 404', async () => {
    const backend = new ModelBackend({ ...FINE, dropsHint: () => true });
    const { scheduler, sync } = live(backend, ONE_LIST);
    await sleep(20);
    expect(await statusOf(scheduler, NAME)).toBe('JobNotFound');
    backend.create(NAME);
    expect(await statusOf(scheduler, NAME)).toBe('notstarted');
    sync.stop();
  });

  it('sees a change as soon as its hint has arrived', async () => {
    const backend = new ModelBackend(FINE);
    backend.create(NAME);
    const { scheduler, sync } = live(backend, ONE_LIST);
    await sleep(20);
    backend.move(NAME, 'started');
    await sleep(5);
    expect(await statusOf(scheduler, NAME)).toBe('started');
    sync.stop();
  });

  it('sees a change whose hint was lost after the next list', async () => {
    const backend = new ModelBackend({ ...FINE, dropsHint: () => true });
    backend.create(NAME);
    const { scheduler, sync } = live(backend);
    await sleep(20);
    backend.move(NAME, 'finishedSuccessfully');
    await expect
      .poll(() => statusOf(scheduler, NAME), { interval: 5, timeout: 2_000 })
      .toBe('finishedSuccessfully');
    sync.stop();
  });

  it('right after our own submission and removal shows them, however late the hints are', async () => {
    const backend = new ModelBackend({ ...FINE, dropsHint: () => true });
    const { scheduler, sync } = live(backend, ONE_LIST);
    for (let round = 0; round < 100; round += 1) {
      await scheduler.submit(spec(NAME), soon());
      expect(await statusOf(scheduler, NAME)).toBe('notstarted');
      await scheduler.remove(NAME, soon());
      expect(await statusOf(scheduler, NAME)).toBe('JobNotFound');
    }
    sync.stop();
  });
});

describe('a removal by somebody else that no hint has told of', () => {
  it.each(['remove', 'stop'] as const)('shows as soon as a %s has met it', async (call) => {
    const backend = new ModelBackend({ ...FINE, dropsHint: () => true });
    const { scheduler, sync } = live(backend, ONE_LIST);
    await scheduler.submit(spec(NAME), soon());
    expect(await statusOf(scheduler, NAME)).toBe('notstarted');
    backend.destroy(NAME);
    backend.stop = () => Promise.reject(jobNotFound(NAME));
    await expect(scheduler[call](NAME, soon())).rejects.toMatchObject({ code: 'JobNotFound' });
    expect(await statusOf(scheduler, NAME)).toBe('JobNotFound');
    sync.stop();
  });

  it('does not make a new submission take the old job for its own', async () => {
    const backend = new ModelBackend({ ...FINE, dropsHint: () => true });
    const { scheduler, sync, table } = live(backend, ONE_LIST);
    const submissions = new Submissions(scheduler, table, scheduler);
    const source: JobSource = {
      verify: () => Promise.resolve(),
      prepare: () => Promise.resolve({ spec: jobSpec({ name: NAME }), secure: async () => {} }),
    };
    const submit = () => submissions.submit(NAME, 'hash' as SpecHash, source, soon());
    const first = await submit();
    backend.move(NAME, 'finishedSuccessfully');
    expect(await submit()).toMatchObject({ incarnation: first.incarnation });
    backend.destroy(NAME);
    const find = backend.find.bind(backend);
    let faults = 0;
    backend.find = (name) => {
      faults += 1;
      return faults === 1 ? Promise.reject(backendUnavailable('a moment')) : find(name);
    };
    expect((await submit()).incarnation).not.toBe(first.incarnation);
    sync.stop();
  });
});

describe('the first job after a quiet time', () => {
  it('is followed as closely as any other', async () => {
    const backend = new ModelBackend({ ...FINE, dropsHint: () => true });
    const { scheduler, sync } = live(backend, { ...TIMES, idleList: 60_000 });
    await sleep(20);
    await scheduler.submit(spec(NAME), soon());
    await sleep(60);
    const { find } = backend.calls;
    for (let poll = 0; poll < 100; poll += 1) await scheduler.find(NAME, soon());
    expect(backend.calls.find - find).toBeLessThan(10);
    sync.stop();
  });
});

describe('while the backend is silent', () => {
  it('a final status is still served and a live one is refused', async () => {
    const backend = new ModelBackend(FINE);
    const other = 'job-2' as JobName;
    backend.create(NAME);
    backend.create(other);
    backend.move(NAME, 'finishedSuccessfully');
    const { scheduler, sync, table } = live(backend);
    const known = () => [NAME, other].every((name) => table.get(name) !== undefined);
    await expect.poll(known, { interval: 5, timeout: 5_000 }).toBe(true);
    backend.isDown = true;
    backend.disconnect();
    await sleep(120);
    expect(await statusOf(scheduler, NAME)).toBe('finishedSuccessfully');
    expect(await statusOf(scheduler, other)).toBe('BackendUnavailable');
    expect(sync.check().ok).toBe(false);
    sync.stop();
  });

  it('ends with answers as before once it speaks again', async () => {
    const backend = new ModelBackend(FINE);
    backend.create(NAME);
    const { scheduler, sync } = live(backend);
    await sleep(20);
    backend.isDown = true;
    backend.disconnect();
    await sleep(50);
    backend.move(NAME, 'started');
    backend.isDown = false;
    await expect
      .poll(() => statusOf(scheduler, NAME), { interval: 20, timeout: 5_000 })
      .toBe('started');
    await expect.poll(() => sync.check().ok, { interval: 20, timeout: 5_000 }).toBe(true);
    sync.stop();
  });
});

type Step = readonly [
  'create' | 'start' | 'succeed' | 'fail' | 'destroy' | 'disconnect' | 'wait',
  number,
];

const step: fc.Arbitrary<Step> = fc.tuple(
  fc.constantFrom('create', 'start', 'succeed', 'fail', 'destroy', 'disconnect', 'wait'),
  fc.integer({ min: 0, max: 3 }),
);

async function play(backend: ModelBackend, steps: readonly Step[]): Promise<void> {
  for (const [verb, index] of steps) {
    const name = `job-${index}` as JobName;
    const status = backend.truth.get(name)?.state.status;
    if (verb === 'create' && status === undefined) backend.create(name);
    else if (verb === 'start' && status === 'notstarted') backend.move(name, 'started');
    else if (verb === 'succeed' && status === 'started') backend.move(name, 'finishedSuccessfully');
    else if (verb === 'fail' && status === 'started') backend.move(name, 'finishedWithError');
    else if (verb === 'destroy') backend.destroy(name);
    else if (verb === 'disconnect') backend.disconnect();
    else await sleep(index);
  }
}

describe('the table', () => {
  it('equals the backend after any interleaving of changes, lost and repeated hints and cuts', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 1, maxLength: 40 }),
        fc.infiniteStream(fc.integer({ min: 0, max: 4 })),
        async (steps, numbers) => {
          const next = (): number => numbers.next().value as number;
          const backend = new ModelBackend({
            delay: next,
            dropsHint: () => next() === 0,
            repeatsHint: () => next() === 1,
          });
          const { scheduler, sync } = live(backend);
          await play(backend, steps);
          await sleep(50);
          for (let index = 0; index < 4; index += 1) {
            const name = `job-${index}` as JobName;
            const truth = backend.truth.get(name)?.state.status ?? 'JobNotFound';
            await expect
              .poll(() => statusOf(scheduler, name), { interval: 5, timeout: 2_000 })
              .toBe(truth);
          }
          sync.stop();
        },
      ),
      { numRuns: 60 },
    );
  });
});
