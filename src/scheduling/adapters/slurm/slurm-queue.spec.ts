import { describe, expect, it } from 'vitest';
import { parseAccounts, parseQueue } from '../../../clients/slurm/command-output.js';
import type { SlurmRows } from '../../../clients/slurm/slurm-client.js';
import { SlurmError } from '../../../clients/slurm/slurm-error.js';
import { SlurmQueue } from './slurm-queue.js';

const AWAY = 'away';

interface Told {
  /** What accounting says each time it is asked; the last for ever. */
  readonly accounts?: readonly string[];
  readonly queues?: readonly string[];
  readonly accounting?: boolean;
}

/** A SLURM that has forgotten every job but what it is told, and a clock. */
function slurm({ accounts = [], queues = [], accounting = true }: Told) {
  const calls: string[] = [];
  const { signal } = new AbortController();
  let time = 0;
  const nth = (answers: readonly string[], call: string): string =>
    answers[calls.filter((each) => each === call).length - 1] ?? answers.at(-1) ?? '';
  const client = {
    questionsPerLook: 1,
    maxAccounts: 10,
    queue: (): Promise<SlurmRows> => {
      calls.push('queue');
      return Promise.resolve(parseQueue(queues.length === 0 ? '' : nth([...queues, ''], 'queue')));
    },
    accounts: (): Promise<SlurmRows> => {
      calls.push('accounts');
      const answer = nth(accounts, 'accounts');
      if (answer === AWAY) return Promise.reject(new SlurmError('no database', false));
      return Promise.resolve(parseAccounts(answer));
    },
  };
  const queue = new SlurmQueue(client, accounting, () => time);
  const look = async (afterMs: number, workers = 1): Promise<unknown> => {
    time += afterMs;
    await queue.current(signal);
    // A look that is due is made behind an answer; the next one shows it.
    await new Promise(setImmediate);
    return queue.rowOf(await queue.current(signal), '7', 1, workers);
  };
  /** Looks every ten seconds, and what the last one shows. */
  const lookFor = async (seconds: number, workers = 1): Promise<unknown> => {
    let shown: unknown;
    for (let passed = 0; passed < seconds; passed += 10) shown = await look(10_000, workers);
    return shown;
  };
  return { calls, look, lookFor };
}

describe('what is known of a job that has left the queue', () => {
  it('is nothing at first, and then what accounting says', async () => {
    const { look } = slurm({ accounts: ['7|CANCELLED by 0|2026-01-01T00:00:00|None\n'] });
    expect(await look(0)).toBe('absent');
    expect(await look(3_000)).toEqual({
      state: 'CANCELLED',
      reason: 'None',
      endedAt: '2026-01-01T00:00:00Z',
    });
  });

  it('is asked again of an accounting that has not heard of the end', async () => {
    const accounts = ['7|RUNNING|Unknown|None\n', '7|COMPLETED|Unknown|None\n'];
    const { look } = slurm({ accounts });
    await look(0);
    expect(await look(3_000)).toBe('absent');
    expect(await look(3_000)).toMatchObject({ state: 'COMPLETED' });
  });

  it('is that it is lost when nobody has known it for minutes', async () => {
    const { lookFor } = slurm({});
    expect(await lookFor(170)).toBe('absent');
    expect(await lookFor(40)).toBe('lost');
  });

  it('is so without accounting too', async () => {
    const { calls, lookFor } = slurm({ accounting: false });
    expect(await lookFor(170)).toBe('absent');
    expect(await lookFor(40)).toBe('lost');
    expect(calls).not.toContain('accounts');
  });

  it('is nothing as long as accounting does not answer, however long', async () => {
    const { lookFor } = slurm({ accounts: [AWAY] });
    expect(await lookFor(900)).toBe('absent');
  });

  it('is nothing after an outage of accounting until it has denied the job for minutes', async () => {
    const { lookFor } = slurm({ accounts: ['', AWAY, AWAY, AWAY, AWAY, ''] });
    expect(await lookFor(190)).toBe('absent');
    expect(await lookFor(80)).toBe('lost');
  });

  it.each([
    ['RUNNING', '7|RUNNING|Unknown|None\n', 1],
    ['PENDING', '7|PENDING|Unknown|None\n', 1],
    ['PENDING as part of an array', '7_[1-3]|PENDING|Unknown|None\n', 3],
  ])('is never lost that accounting has for %s', async (_state, answer, workers) => {
    const { lookFor } = slurm({ accounts: [answer] });
    expect(await lookFor(900, workers)).toBe('absent');
  });

  it('does not count the time in which nobody looked', async () => {
    const { look, lookFor } = slurm({});
    await lookFor(30);
    expect(await look(600_000)).toBe('absent');
  });

  it('is the end that the queue has shown once', async () => {
    const { look } = slurm({ queues: ['7|N/A|TIMEOUT|TimeLimit\n'], accounting: false });
    await look(0);
    expect(await look(400_000)).toMatchObject({ state: 'TIMEOUT' });
  });

  it('costs one call however many ask at once', async () => {
    const { calls, look } = slurm({});
    await Promise.all(Array.from({ length: 50 }, () => look(0)));
    expect(calls).toEqual(['queue']);
  });
});
