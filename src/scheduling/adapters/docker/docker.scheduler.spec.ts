import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { jobSpec } from '../../../../test/fakes/builders.js';
import type { SpecHash } from '../../domain/spec-hash.js';
import { DockerScheduler } from './docker.scheduler.js';
import { ENGINE_OPTIONS, FakeEngine } from './docker-fixture.js';
import { KeptJobs } from './kept-jobs.js';

const SPEC = jobSpec();
const { name: NAME } = SPEC;
const OTHER = jobSpec({ specHash: 'other' as SpecHash });
const FAILURE = { reason: 'ImagePull', message: 'manifest unknown' } as const;
const SILENT = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const ELEVEN_MINUTES = 660_000;
const signal = AbortSignal.timeout(60_000);

let engine: FakeEngine;
let scheduler: DockerScheduler;
let kept: KeptJobs;

beforeEach(() => {
  engine = new FakeEngine();
  scheduler = new DockerScheduler(engine, ENGINE_OPTIONS, SILENT);
  kept = new KeptJobs(engine);
});
afterEach(() => void vi.restoreAllMocks());

/** Lists, and again when everything that waits has waited long enough. */
async function listTwice(): Promise<void> {
  const now = performance.now();
  const clock = vi.spyOn(performance, 'now').mockReturnValue(now);
  await scheduler.list(signal);
  clock.mockReturnValue(now + ELEVEN_MINUTES);
  await scheduler.list(signal);
}

/** A container that waits, of a job that is kept. */
async function keepAndMake(): Promise<string> {
  await kept.keep(SPEC, signal);
  const [plan] = scheduler.plan(SPEC) as [{ readonly name: string }];
  await engine.createContainer(plan);
  return (await kept.find(NAME, signal))?.id ?? '';
}

async function keepFailed(): Promise<void> {
  await kept.keep(SPEC, signal);
  const id = (await kept.find(NAME, signal))?.id ?? '';
  await kept.fail(NAME, id, FAILURE, signal);
}

describe('a list', () => {
  it('asks which engine it is: its states and its logs mean different things', async () => {
    await scheduler.list(signal);
    expect(engine.versionsAsked).toBe(1);
  });

  it('leaves the container that waits of a job that is kept', async () => {
    await keepAndMake();
    await listTwice();
    expect(engine.removed).toEqual([]);
  });

  it('removes the one of a kept job that has failed: it would hide the failure', async () => {
    const id = await keepAndMake();
    await kept.fail(NAME, id, FAILURE, signal);
    await listTwice();
    expect(engine.removed).toEqual([`${NAME} unless it runs`]);
    await expect(scheduler.find(NAME, signal)).resolves.toMatchObject({
      state: { status: 'finishedWithError', message: FAILURE.message },
    });
  });
});

describe('a submission', () => {
  it.each([
    ['another job', () => kept.keep(OTHER, signal)],
    ['the same job, which has failed,', keepFailed],
  ])('starts nothing when %s is kept under its name', async (_, keep) => {
    await keep();
    await expect(scheduler.submit(SPEC, signal)).rejects.toMatchObject({ retryable: true });
    expect(engine.containers.size).toBe(0);
    await expect(scheduler.find(NAME, signal)).resolves.toMatchObject({
      specHash: (await kept.find(NAME, signal))?.spec.specHash,
    });
  });

  it('leaves alone what another submission of its job has made and is about to start', async () => {
    await keepAndMake();
    await kept.drop(NAME, signal);
    await keepFailed();
    await expect(scheduler.submit(SPEC, signal)).rejects.toMatchObject({ retryable: true });
    expect(engine.containers.size).toBe(1);
  });

  it('starts the job when the same one waits for its image elsewhere', async () => {
    await kept.keep(SPEC, signal);
    await scheduler.submit(SPEC, signal);
    expect(engine.named(NAME)?.runs).toBe(1);
  });
});

describe('a removal', () => {
  const end = async (): Promise<void> => {
    await scheduler.submit(SPEC, signal);
    Object.assign(engine.named(NAME) ?? {}, { state: 'exited' });
    await scheduler.find(NAME, signal);
  };

  it('of a job that was seen to have ended looks for its container no more', async () => {
    await end();
    let looks = 0;
    engine.beforeLook = () => void (looks += 1);
    await scheduler.remove(NAME, signal);
    expect(engine.containers.size).toBe(0);
    expect(looks).toBe(0);
  });

  it('removes the job of that name that was made since by somebody else', async () => {
    await end();
    engine.containers.clear();
    const other = new DockerScheduler(engine, ENGINE_OPTIONS, SILENT);
    await other.submit(SPEC, signal);
    engine.stopContainer = () => Promise.resolve();
    await scheduler.remove(NAME, signal);
    expect(engine.containers.size).toBe(0);
  });

  it('finds no job when somebody else has removed it', async () => {
    await end();
    engine.containers.clear();
    await expect(scheduler.remove(NAME, signal)).rejects.toMatchObject({ code: 'JobNotFound' });
  });

  it('drops what is still kept of a job that has ended', async () => {
    await end();
    await kept.keep(SPEC, signal);
    await scheduler.remove(NAME, signal);
    expect(engine.volumes.size).toBe(0);
  });
});
