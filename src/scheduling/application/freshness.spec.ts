import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { ModelBackend } from '../../../test/fakes/model-backend.js';
import { FINE, NAME, ONE_LIST, TIMES, live, statusOf } from './live-scheduler-fixture.js';

describe('a poll that meets a look-up under way', () => {
  it('does not take an answer that may be older than the pause between lists', async () => {
    const backend = new ModelBackend({ ...FINE, dropsHint: () => true });
    backend.watch = () => backend.nothing();
    backend.list = () => Promise.reject(new Error('no list'));
    backend.create(NAME);
    const find = backend.find.bind(backend);
    backend.find = async (name) => {
      const job = await find(name);
      // The first answer is long under way.
      if (backend.calls.find === 1) await sleep(100);
      return job;
    };
    const { scheduler, sync } = live(backend);
    const first = statusOf(scheduler, NAME);
    await sleep(5);
    backend.move(NAME, 'finishedSuccessfully');
    await sleep(50);
    expect(await statusOf(scheduler, NAME)).toBe('finishedSuccessfully');
    expect(await first).toBe('notstarted');
    sync.stop();
  });
});

describe('a poll while the stream of hints is not open', () => {
  it('sees a change however seldom slow lists are', async () => {
    const backend = new ModelBackend({ ...FINE, delay: () => 5 });
    // A stream that never opens.
    backend.watch = () => backend.nothing();
    backend.create(NAME);
    const { scheduler, sync } = live(backend, { ...TIMES, listShare: 10_000 });
    await sleep(100);
    backend.move(NAME, 'finishedSuccessfully');
    await sleep(100);
    expect(await statusOf(scheduler, NAME)).toBe('finishedSuccessfully');
    expect(sync.check().ok).toBe(true);
    sync.stop();
  });

  it('sees a change that came after the list and before the stream', async () => {
    const backend = new ModelBackend({ ...FINE, dropsHint: () => true });
    backend.create(NAME);
    const list = backend.list.bind(backend);
    backend.list = async () => {
      const listed = await list();
      // The stream opens while the list is read, and the job changes in between.
      if (backend.calls.list === 1) await sleep(30);
      return listed;
    };
    const watch = backend.watch.bind(backend);
    backend.watch = async function* (signal) {
      await sleep(10);
      backend.move(NAME, 'finishedSuccessfully');
      yield* watch(signal);
    };
    const { scheduler, sync } = live(backend, ONE_LIST);
    expect(await statusOf(scheduler, NAME)).toBe('notstarted');
    await sleep(60);
    expect(await statusOf(scheduler, NAME)).toBe('finishedSuccessfully');
    sync.stop();
  });
});
