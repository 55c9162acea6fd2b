import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { ModelBackend } from '../../../test/fakes/model-backend.js';
import { DOCKER_CAPABILITIES } from '../adapters/docker/docker.capabilities.js';
import { FINE, NAME, ONE_LIST, TIMES, live, statusOf } from './live-scheduler-fixture.js';

const SOON = { interval: 5, timeout: 5_000 };

/** Something that waits until it is told to go on. */
function gate() {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open: () => open(), opened };
}

describe('a poll that meets a look-up under way', () => {
  it('does not take an answer that may be older than the pause between lists', async () => {
    const backend = new ModelBackend(FINE);
    backend.watch = () => backend.nothing();
    backend.list = () => Promise.reject(new Error('no list'));
    backend.create(NAME);
    const find = backend.find.bind(backend);
    const way = gate();
    backend.find = async (name) => {
      const isFirst = backend.calls.find === 0;
      const job = await find(name);
      if (isFirst) await way.opened;
      return job;
    };
    const { scheduler, sync } = live(backend);
    const first = statusOf(scheduler, NAME);
    await expect.poll(() => backend.calls.find, SOON).toBe(1);
    await sleep(2 * TIMES.busyList);
    backend.move(NAME, 'finishedSuccessfully');
    const second = statusOf(scheduler, NAME);
    way.open();
    expect(await second).toBe('finishedSuccessfully');
    expect(await first).toBe('notstarted');
    sync.stop();
  });
});

describe('a poll while the stream of hints is not open', () => {
  it('sees a change however seldom slow lists are', async () => {
    const backend = new ModelBackend({ ...FINE, delay: () => 5 });
    backend.watch = () => backend.nothing();
    backend.create(NAME);
    const { scheduler, sync } = live(backend, { ...TIMES, busyList: 500, listShare: 10_000 });
    const callsOfPoll = async (): Promise<number> => {
      const before = backend.calls.find;
      await statusOf(scheduler, NAME);
      return backend.calls.find - before;
    };
    await expect.poll(callsOfPoll, SOON).toBe(0);
    backend.move(NAME, 'finishedSuccessfully');
    await expect.poll(() => statusOf(scheduler, NAME), SOON).toBe('finishedSuccessfully');
    expect(sync.check().ok).toBe(true);
    sync.stop();
  });

  it('sees a change that came after the list and before the stream', async () => {
    const backend = new ModelBackend({ ...FINE, dropsHint: () => true });
    backend.create(NAME);
    const [list, watch] = [backend.list.bind(backend), backend.watch.bind(backend)];
    const [listEnd, streamBegin] = [gate(), gate()];
    backend.list = async () => {
      const listed = await list();
      if (backend.calls.list === 1) await listEnd.opened;
      return listed;
    };
    backend.watch = async function* (signal) {
      await streamBegin.opened;
      yield* watch(signal);
    };
    const { scheduler, sync } = live(backend, ONE_LIST);
    await sleep(5);
    expect(await statusOf(scheduler, NAME)).toBe('notstarted');
    backend.move(NAME, 'finishedSuccessfully');
    streamBegin.open();
    await expect.poll(() => backend.calls.watch, SOON).toBe(1);
    await sleep(5);
    listEnd.open();
    await expect.poll(() => statusOf(scheduler, NAME), SOON).toBe('finishedSuccessfully');
    sync.stop();
  });
});

describe('a backend whose hints do not tell of what its jobs do', () => {
  const partial = () =>
    Object.assign(new ModelBackend(FINE), {
      capabilities: { ...DOCKER_CAPABILITIES, hints: 'partial' as const },
    });
  const idle = { ...TIMES, busyList: 20, idleList: 60_000 };

  it('is not asked about a job that has ended, and tells of its removal', async () => {
    const backend = partial();
    backend.create(NAME);
    backend.move(NAME, 'finishedSuccessfully');
    const { scheduler, sync } = live(backend, idle);
    await expect.poll(() => statusOf(scheduler, NAME), SOON).toBe('finishedSuccessfully');
    await sleep(100);
    const before = backend.calls.find;
    await statusOf(scheduler, NAME);
    expect(backend.calls.find).toBe(before);
    backend.destroy(NAME);
    await expect.poll(() => statusOf(scheduler, NAME), SOON).toBe('JobNotFound');
    sync.stop();
  });

  it('is asked about a job that runs when its list is old', async () => {
    const backend = partial();
    backend.create(NAME);
    const list = backend.list.bind(backend);
    const { scheduler, sync } = live(backend, idle);
    await expect.poll(() => statusOf(scheduler, NAME), SOON).toBe('notstarted');
    backend.list = () => (backend.calls.list > 2 ? new Promise(() => undefined) : list());
    await sleep(150);
    const before = backend.calls.find;
    await statusOf(scheduler, NAME);
    expect(backend.calls.find).toBeGreaterThan(before);
    sync.stop();
  });
});

describe('a stream of hints that opens and ends at once', () => {
  it('is not asked for again and again', async () => {
    const backend = new ModelBackend(FINE);
    backend.watch = async function* () {
      backend.calls.watch += 1;
      yield { kind: 'relist' };
    };
    const { sync } = live(backend);
    await sleep(1_500);
    sync.stop();
    // Two hundred milliseconds at most before the second, and twice as many before each next.
    expect(backend.calls.watch).toBeLessThan(8);
  });
});
