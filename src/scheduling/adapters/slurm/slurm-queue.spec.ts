import { describe, expect, it } from 'vitest';
import { parseAccounts } from '../../../clients/slurm/command-output.js';
import type { SlurmRows } from '../../../clients/slurm/slurm-client.js';
import { SlurmQueue } from './slurm-queue.js';

/** A SLURM that has forgotten every job, whose accounting says what it is told to; and a clock. */
function forgetful(answers: string[]) {
  const calls: string[] = [];
  const { signal } = new AbortController();
  let time = 0;
  const client = {
    maxAccounts: 10,
    queue: (): Promise<SlurmRows> => {
      calls.push('queue');
      return Promise.resolve(new Map());
    },
    accounts: () => Promise.resolve(parseAccounts(answers.shift() ?? '')),
  };
  const queue = new SlurmQueue(client, true, () => time);
  const look = async (afterMs: number): Promise<unknown> => {
    time += afterMs;
    await queue.current(signal);
    // A look that is due is made behind an answer; the next one shows it.
    await new Promise(setImmediate);
    return queue.rowOf(await queue.current(signal), '7', 1, 1);
  };
  return { calls, look };
}

describe('what is known of a job that has left the queue', () => {
  it('is nothing at first, and then what accounting says', async () => {
    const { look } = forgetful(['7|CANCELLED by 0|2026-01-01T00:00:00|None\n']);
    expect(await look(0)).toBe('absent');
    expect(await look(3_000)).toEqual({
      state: 'CANCELLED',
      reason: 'None',
      endedAt: '2026-01-01T00:00:00Z',
    });
  });

  it('is asked again of an accounting that has not heard of the end', async () => {
    const { look } = forgetful(['7|RUNNING|Unknown|None\n', '7|COMPLETED|Unknown|None\n']);
    await look(0);
    expect(await look(3_000)).toBe('absent');
    expect(await look(3_000)).toMatchObject({ state: 'COMPLETED' });
  });

  it('is that it is lost when nobody has known it for minutes', async () => {
    const { look } = forgetful([]);
    await look(0);
    expect(await look(100_000)).toBe('absent');
    expect(await look(100_000)).toBe('lost');
  });

  it('costs one call however many ask at once', async () => {
    const { calls, look } = forgetful([]);
    await Promise.all(Array.from({ length: 50 }, () => look(0)));
    expect(calls).toEqual(['queue']);
  });
});
