import type { ContainerInfo } from 'dockerode';
import { describe, expect, it } from 'vitest';
import type { DockerEngine } from '../../../clients/docker-engine/docker-engine.js';
import { UnstartedSweep } from './unstarted-sweep.js';

const MINUTE = 60_000;
const NEVER = '0001-01-01T00:00:00Z';
const signal = AbortSignal.timeout(10_000);
const nothingKept = (): boolean => false;

function sweeping(startedAt = NEVER) {
  const clock = { now: 0 };
  const removed: string[] = [];
  const engine = {
    findContainer: (id: string) => Promise.resolve({ Id: id, State: { StartedAt: startedAt } }),
    removeUnstarted: (id: string) => Promise.resolve(void removed.push(id)),
  } as unknown as DockerEngine;
  const sweep = new UnstartedSweep(engine, () => clock.now);
  const see = async (state: string, isKept = nothingKept): Promise<void> => {
    await sweep.sweep([{ Id: 'a', State: state } as ContainerInfo], isKept, signal);
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
    await see('created', () => true);
    clock.now = 60 * MINUTE;
    await see('created', () => true);
    expect(removed).toEqual([]);
  });

  it('is not confused with one that was gone in between', async () => {
    const { clock, removed, see, sweep } = sweeping();
    await see('created');
    clock.now = 9 * MINUTE;
    await sweep.sweep([], nothingKept, signal);
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
