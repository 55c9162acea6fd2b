import { beforeEach, describe, expect, it } from 'vitest';
import { jobSpec } from '../../../../test/fakes/builders.js';
import { DomainError } from '../../../shared/domain-error.js';
import { PullCredentials } from '../docker-api/pull-credentials.js';
import { DockerDeferrals } from './docker-deferrals.js';
import { ENGINE_OPTIONS, FakeEngine, says } from './docker-fixture.js';
import { Images } from './images.js';
import { KeptJobs } from './kept-jobs.js';
import { WorkerContainers } from './worker-containers.js';

const SPEC = jobSpec();
const { name: NAME } = SPEC;
const FAILURE = { reason: 'ImagePull', message: 'manifest unknown' } as const;
const signal = AbortSignal.timeout(60_000);

let engine: FakeEngine;
let a: DockerDeferrals;
let b: DockerDeferrals;
let id: string;

function replica(): DockerDeferrals {
  const images = new Images(engine, new PullCredentials(undefined));
  const containers = new WorkerContainers(engine, ENGINE_OPTIONS, images);
  return new DockerDeferrals(engine, new KeptJobs(engine), containers);
}

beforeEach(async () => {
  engine = new FakeEngine();
  a = replica();
  b = replica();
  await a.keep(SPEC, signal);
  id = (await a.list(signal))[0]?.id ?? '';
});

/** Does something once, as soon as the container of the job has been made. */
function onceMade(act: () => Promise<unknown>): void {
  const createContainer = engine.createContainer.bind(engine);
  engine.createContainer = async (body) => {
    engine.createContainer = createContainer;
    const container = await engine.createContainer(body);
    await act();
    return container;
  };
}

describe('a kept job that another replica submits at the same time', () => {
  it.each(['running', 'exited'] as const)('and that is %s by then stays', async (state) => {
    onceMade(async () => {
      await b.submit(NAME, id, signal);
      Object.assign(engine.named(NAME) ?? {}, { state });
    });
    await expect(a.submit(NAME, id, signal)).rejects.toMatchObject({ code: 'JobNotFound' });
    expect(engine.removed).toEqual([]);
    expect(engine.named(NAME)).toMatchObject({ state, runs: 1 });
  });

  it('is submitted once', async () => {
    const both = await Promise.allSettled([a.submit(NAME, id, signal), b.submit(NAME, id, signal)]);
    expect(both.some(({ status }) => status === 'fulfilled')).toBe(true);
    expect(engine.named(NAME)).toMatchObject({ state: 'running', runs: 1 });
    expect([...engine.volumes.keys()]).toEqual([]);
  });
});

describe('a kept job whose containers have been made', () => {
  it('and that is removed before their start leaves none', async () => {
    onceMade(() => new KeptJobs(engine).drop(NAME, signal));
    await expect(a.submit(NAME, id, signal)).rejects.toMatchObject({ code: 'JobNotFound' });
    expect(engine.removed).toEqual([`${NAME} unless it runs`]);
    expect(engine.containers.size).toBe(0);
  });

  it('stays as it is when the engine cannot say whether it is still kept', async () => {
    onceMade(() => {
      engine.findVolume = () => Promise.reject(says(500, 'not now'));
      return Promise.resolve();
    });
    await expect(a.submit(NAME, id, signal)).rejects.toMatchObject({ code: 'BackendError' });
    expect(engine.removed).toEqual([]);
  });

  it('and that fails leaves none that waits', async () => {
    engine.beforeStart = () => Promise.reject(says(500, 'words that nobody knows'));
    const error: unknown = await a.submit(NAME, id, signal).catch((reason: unknown) => reason);
    expect((error as DomainError).retryable).toBe(true);
    expect(engine.containers.size).toBe(1);
    await a.fail(NAME, id, FAILURE, signal);
    expect(engine.containers.size).toBe(0);
    expect((await new KeptJobs(engine).find(NAME, signal))?.failure).toMatchObject(FAILURE);
  });
});

describe('another job that is kept by then', () => {
  it('is not submitted in the name of the earlier one', async () => {
    await new KeptJobs(engine).drop(NAME, signal);
    await a.keep(SPEC, signal);
    await expect(a.submit(NAME, id, signal)).rejects.toMatchObject({ code: 'JobNotFound' });
    expect(engine.containers.size).toBe(0);
  });
});
