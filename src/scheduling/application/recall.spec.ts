import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { ModelBackend } from '../../../test/fakes/model-backend.js';
import type { Job } from '../domain/job.js';
import type { JobName } from '../domain/job-name.js';
import { FINE, NAME, ONE_LIST, live, soon, statusOf } from './live-scheduler-fixture.js';

const SOON = { interval: 5, timeout: 5_000 };

/** Shows by itself what it has, as long as `shows`. */
class ShowingBackend extends ModelBackend {
  shows = true;

  recall(name: JobName): Job | undefined {
    return this.shows ? this.truth.get(name) : undefined;
  }
}

describe('a backend that shows its jobs by itself', () => {
  it('is asked for none of them, whatever hints there are and whoever polls', async () => {
    const backend = new ShowingBackend(FINE);
    backend.create(NAME);
    const { scheduler, sync, table } = live(backend, ONE_LIST);
    await expect.poll(() => table.get(NAME)?.state.status, SOON).toBe('notstarted');
    backend.move(NAME, 'started');
    await expect.poll(() => table.get(NAME)?.state.status, SOON).toBe('started');
    sync.doubt(NAME);
    expect(await statusOf(scheduler, NAME)).toBe('started');
    expect(backend.calls.find).toBe(0);
    sync.stop();
  });

  it('is asked for what it does not show, before there is said to be no job', async () => {
    const backend = new ShowingBackend({ ...FINE, dropsHint: () => true });
    const { scheduler, sync } = live(backend, ONE_LIST);
    await sleep(20);
    expect(await statusOf(scheduler, NAME)).toBe('JobNotFound');
    backend.shows = false;
    backend.create(NAME);
    expect(await statusOf(scheduler, NAME)).toBe('notstarted');
    expect(backend.calls.find).toBe(2);
    sync.stop();
  });

  it('is asked all the same where only what it says now will do', async () => {
    const backend = new ShowingBackend(FINE);
    backend.create(NAME);
    const { scheduler, sync } = live(backend, ONE_LIST);
    await sleep(20);
    const removed = backend.truth.get(NAME);
    backend.truth.delete(NAME);
    backend.recall = () => removed;
    await expect(scheduler.findNow(NAME, soon())).rejects.toMatchObject({ code: 'JobNotFound' });
    sync.stop();
  });
});
