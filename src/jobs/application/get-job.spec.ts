import { describe, expect, it } from 'vitest';
import { jobName, jobPolicy, jobSpec } from '../../../test/fakes/builders.js';
import { InMemoryScheduler } from '../../../test/fakes/in-memory.scheduler.js';
import type { LiveState } from '../../scheduling/application/live-state.js';
import type { LogWindow } from '../../scheduling/domain/scheduler.port.js';
import { Abandoned } from '../../shared/abandoned.js';
import { GetJob } from './get-job.js';

const NAME = jobName('job-1');
const NEVER = new AbortController().signal;

async function setUp() {
  const backend = new InMemoryScheduler();
  await backend.submit(jobSpec({ name: NAME }));
  const table = { confirmedAt: 1 };
  const liveState = { confirmedAt: () => table.confirmedAt } as unknown as LiveState;
  return { backend, table, getJob: new GetJob(backend, jobPolicy(), liveState) };
}

describe('a job with its log', () => {
  it('is as old as its state was before the log was read', async () => {
    const { backend, table, getJob } = await setUp();
    backend.logs = () => {
      table.confirmedAt = 9;
      return Promise.resolve({ text: 'words' });
    };
    expect(await getJob.execute(NAME, NEVER)).toMatchObject({
      answer: { logs: 'words' },
      confirmedAt: 1,
    });
  });

  it('is the same object as long as nothing has changed', async () => {
    const { backend, getJob } = await setUp();
    const log = { text: 'words' };
    backend.logs = () => Promise.resolve(log);
    const { answer } = await getJob.execute(NAME, NEVER);
    expect((await getJob.execute(NAME, NEVER)).answer).toBe(answer);
  });

  it('lets go of the read of the log when its client has gone', async () => {
    const { backend, getJob } = await setUp();
    const client = new AbortController();
    const read = (_name: string, _window: LogWindow, signal: AbortSignal) =>
      new Promise<never>((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason));
        client.abort(new Abandoned());
      });
    Object.assign(backend, { logs: read });
    await expect(getJob.execute(NAME, client.signal)).rejects.toBeInstanceOf(Abandoned);
  });
});
