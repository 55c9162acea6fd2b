import { describe, expect, it } from 'vitest';
import { jobName } from '../../../../test/fakes/builders.js';
import type { DockerEngine } from '../../../clients/docker-engine/docker-engine.js';
import type { JobName } from '../../domain/job-name.js';
import { UnstartedSweep } from './unstarted-sweep.js';

const MINUTE = 60_000;
const NEVER = '0001-01-01T00:00:00Z';
const signal = AbortSignal.timeout(10_000);
const JOB = jobName('job-1');
const NOTHING_KEPT: ReadonlySet<JobName> = new Set();

function sweeping(startedAt = NEVER) {
  const clock = { now: 0 };
  const removed: string[] = [];
  const engine = {
    findContainer: (id: string) => Promise.resolve({ Id: id, State: { StartedAt: startedAt } }),
    removeUnstarted: (id: string) => Promise.resolve(void removed.push(id)),
  } as unknown as DockerEngine;
  const sweep = new UnstartedSweep(engine, () => clock.now);
  const see = async (state: string, kept = NOTHING_KEPT, isJobs = true): Promise<void> => {
    const job = isJobs ? JOB : undefined;
    await sweep.sweep([{ id: 'a', state, job, worker: 0, workers: 1 }], kept, signal);
  };
  return { clock, removed, see, sweep };
}

describe('a container that was made and never started', () => {
  it('stays for ten minutes in which its client may repeat the request, then goes', async () => {
    const { clock, removed, see } = sweeping();
    await see('created');
    clock.now = 10 * MINUTE - 1;
    await see('created');
    expect(removed).toEqual([]);
    clock.now = 10 * MINUTE;
    await see('created');
    expect(removed).toEqual(['a']);
  });

  it('stays as long as its job is kept to be submitted', async () => {
    const { clock, removed, see } = sweeping();
    await see('created', new Set([JOB]));
    clock.now = 60 * MINUTE;
    await see('created', new Set([JOB]));
    expect(removed).toEqual([]);
  });

  it('stays where it only has our labels', async () => {
    const { clock, removed, see } = sweeping();
    await see('created', NOTHING_KEPT, false);
    clock.now = 60 * MINUTE;
    await see('created', NOTHING_KEPT, false);
    expect(removed).toEqual([]);
  });

  it('is not confused with one that was gone in between', async () => {
    const { clock, removed, see, sweep } = sweeping();
    await see('created');
    clock.now = 9 * MINUTE;
    await sweep.sweep([], NOTHING_KEPT, signal);
    clock.now = 18 * MINUTE;
    await see('created');
    expect(removed).toEqual([]);
  });
});

describe('a container that was started', () => {
  it.each(['running', 'exited', 'paused', 'dead'])('and is %s stays', async (state) => {
    const { clock, removed, see } = sweeping();
    await see(state);
    clock.now = 60 * MINUTE;
    await see(state);
    expect(removed).toEqual([]);
  });

  it('stays even when the engine calls it created after its own restart', async () => {
    const { clock, removed, see } = sweeping('2026-01-02T03:04:05Z');
    await see('created');
    clock.now = 60 * MINUTE;
    await see('created');
    expect(removed).toEqual([]);
  });
});
