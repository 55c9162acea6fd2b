import { execFileSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { jobName } from '../../../../test/fakes/builders.js';
import { specOf } from './batch-fixture.js';
import type { BatchSystem } from './batch-system.js';
import { BatchScheduler } from './batch.scheduler.js';
import { fakeSystem } from './fake-system.js';
import { toRecordError } from './record-errors.js';

const JOB = jobName('job');
const AT = '2026-01-02T03:04:05Z';
const { signal } = new AbortController();
const WINDOW = { lines: undefined, bytes: 1_000 };

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'pman-batch-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

const schedulerOf = (system: BatchSystem): BatchScheduler =>
  new BatchScheduler(system, {
    runtime: 'podman',
    program: 'podman',
    imageStorage: undefined,
    imageEntrypoint: 'keep',
    recordDirectory: root,
  });
const fileOf = (file: string): string => join(root, 'jobs', JOB, file);
const write = (file: string, ...lines: readonly string[]): Promise<void> =>
  writeFile(fileOf(file), `${lines.join('\n')}\n`);

describe('the end of a job that was submitted twice', () => {
  /** Keeps what is cancelled. */
  function cancelling(jobsOfRun: readonly string[] = []) {
    const cancelled: string[] = [];
    const system = fakeSystem({
      jobsOfRun: () => Promise.resolve(jobsOfRun),
      cancel: (job) => {
        cancelled.push(job);
        return Promise.resolve();
      },
    });
    return { cancelled, scheduler: schedulerOf(system) };
  }

  it('is that of the one that runs as well as of the one that was confirmed', async () => {
    const { cancelled, scheduler } = cancelling();
    await scheduler.submit(specOf({ workers: 2 }), signal);
    await write('launched.2', '99', AT);
    await scheduler.remove(JOB, signal);
    expect(cancelled.toSorted()).toEqual(['1', '99']);
  });

  it('reaches one that runs although no answer was ever confirmed', async () => {
    const { cancelled, scheduler } = cancelling(['5']);
    await scheduler.submit(specOf(), signal);
    await rm(fileOf('submitted'));
    await write('launched.1', '99', AT);
    await schedulerOf(fakeSystem()).list(signal);
    const other = cancelling(['5']);
    await other.scheduler.stop(JOB, signal);
    expect(other.cancelled.toSorted()).toEqual(['5', '99']);
    expect(cancelled).toEqual([]);
  });
});

describe('storage that hangs', () => {
  const inTime = (): AbortSignal => AbortSignal.timeout(200);
  const HUNG = {
    code: 'BackendUnavailable',
    retryable: true,
    message: 'the folder of the job records does not answer in time',
  };

  /** Whoever reads it waits until `release`. */
  async function hang(file: string): Promise<() => Promise<void>> {
    await rm(fileOf(file), { force: true });
    execFileSync('mkfifo', [fileOf(file)]);
    // By the threads of file calls, all of which may hang, nothing could be opened.
    return async () => {
      const writer = openSync(fileOf(file), constants.O_RDWR | constants.O_NONBLOCK);
      await new Promise((resolve) => setTimeout(resolve, 50));
      closeSync(writer);
    };
  }

  it('holds nobody up beyond the deadline, and is told in words', async () => {
    const scheduler = schedulerOf(fakeSystem());
    await scheduler.submit(specOf(), signal);
    const release = await hang('record.json');
    try {
      const fresh = schedulerOf(fakeSystem());
      await expect(fresh.find(JOB, inTime())).rejects.toMatchObject(HUNG);
      await expect(fresh.list(inTime())).rejects.toMatchObject(HUNG);
      await expect(fresh.submit(specOf(), inTime())).rejects.toMatchObject(HUNG);
    } finally {
      await release();
    }
  });

  it('does so for a log too', async () => {
    const scheduler = schedulerOf(fakeSystem());
    await scheduler.submit(specOf(), signal);
    const release = await hang('log.1');
    try {
      await expect(scheduler.logs(JOB, WINDOW, inTime())).rejects.toMatchObject(HUNG);
    } finally {
      await release();
    }
  });

  it('is a failed check and no check that never ends', async () => {
    const checks = await schedulerOf(fakeSystem()).check(AbortSignal.abort());
    expect(checks).toEqual([expect.objectContaining({ ok: false, detail: HUNG.message })]);
  });
});

describe('the record of a job', () => {
  it('is read anew when the name has gone to another run', async () => {
    const scheduler = schedulerOf(fakeSystem());
    await scheduler.submit(specOf(), signal);
    await write('started.1', AT);
    expect((await scheduler.find(JOB, signal)).state.status).toBe('started');
    await rm(join(root, 'jobs', JOB), { recursive: true });
    await schedulerOf(fakeSystem()).submit(specOf({ command: ['false'] }), signal);
    const found = await scheduler.find(JOB, signal);
    expect(found).toMatchObject({ command: ['false'], state: { status: 'notstarted' } });
  });

  it('is none in a folder that this service has not made', async () => {
    await mkdir(join(root, 'jobs', 'job'), { recursive: true });
    await write('record.json', '{}');
    await expect(schedulerOf(fakeSystem()).find(JOB, signal)).rejects.toMatchObject({
      code: 'JobNotFound',
    });
  });

  it('once it shows an end shows it for ever, whatever SLURM says later', async () => {
    let state: 'failed' | 'running' = 'failed';
    const system = fakeSystem({
      look: () =>
        Promise.resolve({
          asOf: performance.now(),
          listed: () =>
            state === 'failed'
              ? { is: state, reason: 'TimeLimit', message: 'ended at its time limit' }
              : { is: state },
        }),
    });
    const scheduler = schedulerOf(system);
    await scheduler.submit(specOf(), signal);
    const ended = await scheduler.find(JOB, signal);
    expect(ended.state).toMatchObject({ reason: 'TimeLimit' });
    state = 'running';
    expect(await scheduler.find(JOB, signal)).toEqual(ended);
  });
});

describe('a wait that its caller ends', () => {
  it('is no fault of the folder of the records', () => {
    const error = new DOMException('The operation was aborted', 'AbortError');
    expect(toRecordError(error)).toMatchObject({
      code: 'BackendUnavailable',
      message: 'the batch system has not done it in time',
    });
  });
});
