import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { jobSpec } from '../../../../test/fakes/builders.js';
import { DockerScheduler } from './docker.scheduler.js';
import { ENGINE_OPTIONS, FakeEngine } from './docker-fixture.js';
import { KeptJobs } from './kept-jobs.js';

const SPEC = jobSpec();
const { name: NAME } = SPEC;
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
