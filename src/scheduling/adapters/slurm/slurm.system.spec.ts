import { describe, expect, it } from 'vitest';
import type { SlurmClient, SlurmRow } from '../../../clients/slurm/slurm-client.js';
import type { WorkerFacts } from '../batch-api/worker-files.js';
import { OPTIONS } from './slurm-fixture.js';
import { SlurmSystem } from './slurm.system.js';

const UNBEGUN: WorkerFacts = {
  launched: undefined,
  startedAt: undefined,
  end: undefined,
  isCleared: false,
};

/** A SLURM whose queue has one job, and a clock. */
function systemWith(row: SlurmRow) {
  let time = 0;
  const client = {
    questionsPerLook: 1,
    maxAccounts: 10,
    queue: () => Promise.resolve(new Map([['7', row]])),
  } as unknown as SlurmClient;
  const system = new SlurmSystem(client, OPTIONS, () => time);
  const { signal } = new AbortController();
  const sightAfter = async (seconds: number, facts = UNBEGUN) => {
    let shown: unknown;
    for (let passed = 0; passed < seconds; passed += 10) {
      time += 10_000;
      await system.look(signal);
      await new Promise(setImmediate);
      shown = (await system.look(signal)).listed('7', 1, 1, facts);
    }
    return shown;
  };
  return { sightAfter };
}

describe('a job that SLURM calls completed and that has left no record', () => {
  it('is no success: the record is waited for, and then it is an error', async () => {
    const { sightAfter } = systemWith({ state: 'COMPLETED', reason: 'None' });
    expect(await sightAfter(90)).toMatchObject({ is: 'waiting' });
    expect(await sightAfter(20)).toMatchObject({ is: 'failed', reason: 'BackendError' });
  });

  it('is a success as soon as the record shows that it began', async () => {
    const { sightAfter } = systemWith({ state: 'COMPLETED', reason: 'None' });
    await sightAfter(60);
    const launched = { job: '7', at: '2026-01-01T00:00:00Z' };
    expect(await sightAfter(10, { ...UNBEGUN, launched })).toEqual({ is: 'succeeded' });
  });
});
