import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type {
  ListedWorkflow,
  WorkflowMetadata,
} from '../../../clients/cromwell/cromwell-client.js';
import { CromwellError } from '../../../clients/cromwell/cromwell-error.js';
import type { WorkerFacts } from '../batch-api/worker-files.js';
import { LAUNCHED, listeningLog, NEW, SIGNALLED } from './cromwell-fixture.js';
import { CromwellLooks } from './cromwell-looks.js';
import { RUN_LABEL } from './cromwell-request.js';

const NO_ANSWER = new CromwellError('ECONNREFUSED', undefined);
const { signal } = new AbortController();

const ended = (id: string, jobId = '7', status = 'Succeeded'): WorkflowMetadata => ({
  id,
  status,
  labels: { [RUN_LABEL]: 'RUN' },
  calls: { worker: [{ shardIndex: 0, jobId }] },
});

/** A server that says what it is told to; and a clock. */
function server() {
  let time = 0;
  const live: ListedWorkflow[] = [];
  const told = new Map<string, WorkflowMetadata | Error>();
  const asked: string[] = [];
  let under = 0;
  let most = 0;
  let fault: Error | undefined;
  let queries = 0;
  const client = {
    query: (labels: Readonly<Record<string, string>>): Promise<readonly ListedWorkflow[]> => {
      queries += 1;
      if (fault !== undefined) return Promise.reject(fault);
      const found = [...told.values()].flatMap((one) =>
        'labels' in one ? [{ id: one.id, status: one.status }] : [],
      );
      return Promise.resolve(RUN_LABEL in labels ? [...live, ...found] : [...live]);
    },
    metadata: async (id: string): Promise<WorkflowMetadata | undefined> => {
      asked.push(id);
      under += 1;
      most = Math.max(most, under);
      await turn();
      under -= 1;
      const answer = told.get(id);
      if (answer instanceof Error) throw answer;
      return answer;
    },
  };
  const { log, warnings } = listeningLog();
  const looks = new CromwellLooks(client, log, () => time);
  const wait = (milliseconds: number): void => {
    time += milliseconds;
  };
  /** What is seen a look later, when all that it began has been answered. */
  const look = async (id: string, facts: WorkerFacts, afterMs = 3_000) => {
    wait(afterMs);
    // A look that is due is made behind an answer; the next one shows it.
    for (let turns = 0; turns < 60; turns += 1) {
      await looks.current(signal).catch(() => undefined);
      await turn();
    }
    return (await looks.current(signal)).listed(id, 1, 1, facts);
  };
  return {
    looks,
    look,
    wait,
    live,
    told,
    asked,
    warnings,
    queries: () => queries,
    most: () => most,
    fail: (error: Error | undefined) => {
      fault = error;
    },
  };
}

describe('a look at Cromwell', () => {
  it('is one query however many ask at once, and asks for no workflow that it lists', async () => {
    const { looks, live, asked, queries } = server();
    live.push({ id: 'a', status: 'Running' });
    const all = await Promise.all(Array.from({ length: 50 }, () => looks.current(signal)));
    expect(all.map(({ listed }) => listed('a', 1, 1, NEW))).toEqual(
      Array.from({ length: 50 }, () => expect.objectContaining({ is: 'waiting' }) as unknown),
    );
    expect(queries()).toBe(1);
    expect(asked).toEqual([]);
  });

  it('is given in words to who does not wait for it', async () => {
    const { looks } = server();
    await expect(looks.current(AbortSignal.abort())).rejects.toMatchObject({
      code: 'BackendUnavailable',
      message: 'Cromwell does not answer in time',
    });
  });

  it('is not made again at once where Cromwell fails', async () => {
    const { looks, fail, queries, wait } = server();
    fail(NO_ANSWER);
    for (let times = 0; times < 20; times += 1) {
      await expect(looks.current(signal)).rejects.toBe(NO_ANSWER);
    }
    expect(queries()).toBe(1);
    wait(2_000);
    fail(undefined);
    await expect(looks.current(signal)).rejects.toBe(NO_ANSWER);
    await turn();
    await expect(looks.current(signal)).resolves.toMatchObject({ asOf: 2_000 });
  });
});

describe('workflows that it does not list', () => {
  it('are asked for, several at once', async () => {
    const { look, looks, told, most } = server();
    const ids = Array.from({ length: 40 }, (_, index) => `w${index}`);
    for (const id of ids) told.set(id, ended(id, '7', 'Failed'));
    const { listed } = await looks.current(signal);
    for (const id of ids) expect(listed(id, 1, 1, NEW)).toBe('absent');
    await look('w0', NEW);
    for (const id of ids) {
      expect((await looks.current(signal)).listed(id, 1, 1, SIGNALLED)).toMatchObject({
        is: 'failed',
      });
    }
    expect(most()).toBe(8);
  });

  it('do not keep each other back: what is answered shows, the others are asked again', async () => {
    const { look, looks, told, asked } = server();
    told.set('bad', new CromwellError('too much metadata', 500));
    told.set('good', ended('good', '7', 'Failed'));
    const { listed } = await looks.current(signal);
    for (const id of ['bad', 'good']) expect(listed(id, 1, 1, SIGNALLED)).toBe('absent');
    expect(await look('good', SIGNALLED)).toMatchObject({ is: 'failed' });
    expect(await look('bad', SIGNALLED)).toBe('absent');
    await look('bad', SIGNALLED);
    await look('good', SIGNALLED);
    expect(asked.filter((id) => id === 'good')).toHaveLength(1);
    expect(asked.filter((id) => id === 'bad').length).toBeGreaterThan(1);
  });

  it('are not asked one after the other when nobody answers', async () => {
    const { looks, look, told, asked } = server();
    const ids = Array.from({ length: 100 }, (_, index) => `w${index}`);
    const { listed } = await looks.current(signal);
    for (const id of ids) {
      told.set(id, NO_ANSWER);
      listed(id, 1, 1, NEW);
    }
    await look('w0', NEW);
    expect(asked.length).toBeLessThan(20);
  });

  it('are asked for at every look while they are new', async () => {
    const { look, asked, told } = server();
    for (let times = 0; times < 4; times += 1) expect(await look('a', NEW)).toBe('absent');
    expect(asked).toHaveLength(3);
    told.set('a', { id: 'a', status: 'Running' });
    await look('a', NEW);
    expect(await look('a', NEW)).toMatchObject({ is: 'waiting' });
  });

  it('are asked for once a minute when they run and Cromwell has forgotten them', async () => {
    const { look, asked } = server();
    for (let seconds = 0; seconds < 240; seconds += 3) {
      expect(await look('a', LAUNCHED)).toBe('absent');
    }
    expect(asked.length).toBeLessThanOrEqual(4);
  });

  it('are lost when none was ever begun for minutes, if Cromwell itself says so', async () => {
    const { look, told } = server();
    told.set('a', new CromwellError('no upstream', 503));
    for (let minutes = 0; minutes < 20; minutes += 1) {
      expect(await look('a', NEW, 61_000)).toBe('absent');
    }
    told.delete('a');
    for (let minutes = 0; minutes < 10; minutes += 1) {
      expect(await look('a', NEW, 61_000)).toBe('absent');
    }
    await look('a', NEW, 61_000);
    expect(await look('a', NEW, 61_000)).toBe('lost');
  });

  it('are lost when the job tells of a signal, and nobody can tell why it came', async () => {
    const { look } = server();
    expect(await look('a', SIGNALLED)).toBe('absent');
    await look('a', SIGNALLED, 61_000);
    await look('a', SIGNALLED, 61_000);
    expect(await look('a', SIGNALLED, 3_000)).toBe('lost');
  });
});

describe('a workflow that has succeeded, of whose job there is no end', () => {
  it('has succeeded when its call is what began the job, after some time', async () => {
    const { look, told } = server();
    told.set('a', ended('a'));
    await look('a', LAUNCHED);
    expect(await look('a', LAUNCHED)).toEqual({ is: 'running' });
    expect(await look('a', LAUNCHED, 31_000)).toEqual({ is: 'succeeded' });
  });

  it('is one of two where another began the job, which then counts, and this is logged', async () => {
    const { look, told, live, warnings } = server();
    told.set('a', ended('a', '8'));
    told.set('b', { ...ended('b', '7', 'Running') });
    live.push({ id: 'b', status: 'Running' });
    await look('a', LAUNCHED);
    await look('a', LAUNCHED);
    await look('a', LAUNCHED, 31_000);
    await look('a', LAUNCHED);
    expect(await look('a', LAUNCHED)).toMatchObject({ is: 'waiting' });
    expect(warnings).toEqual([
      [expect.any(String), { run: 'RUN', workflows: ['b', 'a', 'b'], counts: 'b' }],
    ]);
    live.splice(0);
    told.set('b', ended('b', '7'));
    await look('a', LAUNCHED);
    await look('a', LAUNCHED);
    expect(await look('a', LAUNCHED, 31_000)).toEqual({ is: 'succeeded' });
  });

  it('says so where no other is known', async () => {
    const { look, told, warnings } = server();
    told.set('a', ended('a', '8'));
    await look('a', LAUNCHED);
    await look('a', LAUNCHED);
    await look('a', LAUNCHED, 31_000);
    await look('a', LAUNCHED);
    expect(await look('a', LAUNCHED)).toMatchObject({
      is: 'failed',
      message: expect.stringContaining('no record of its end') as string,
    });
    expect(warnings).toEqual([]);
  });
});
