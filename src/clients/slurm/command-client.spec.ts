import { describe, expect, it } from 'vitest';
import { CommandSlurmClient } from './command-client.js';
import type { SlurmCommands } from './slurm-commands.js';

const { signal } = new AbortController();

/** Keeps the arguments of each command, all of which print nothing. */
function client() {
  const calls: (readonly string[])[] = [];
  const commands = {
    run: (program: string, args: readonly string[]) => {
      calls.push([program, ...args]);
      return Promise.resolve('');
    },
  };
  return { calls, slurm: new CommandSlurmClient(commands as unknown as SlurmCommands) };
}

describe('a question to the queue', () => {
  it('is for the jobs in hidden partitions too, or they would be taken for lost', async () => {
    const { calls, slurm } = client();
    await slurm.queue(signal);
    await slurm.rowsOf('7', signal);
    await slurm.commentsOf('job', signal);
    expect(calls).toHaveLength(3);
    for (const call of calls) {
      expect(call.slice(0, 1)).toEqual(['squeue']);
      expect(call).toEqual(expect.arrayContaining(['--all', '--states=all']));
    }
  });
});
