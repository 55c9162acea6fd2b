import { beforeEach, describe, expect, it } from 'vitest';
import { jobSpec } from '../../../../test/fakes/builders.js';
import { FakeEngine } from './docker-fixture.js';
import { KeptJobs } from './kept-jobs.js';

const SPEC = jobSpec();
const { name: NAME } = SPEC;
const FAILURE = { reason: 'ImagePull', message: 'manifest unknown' } as const;
const signal = AbortSignal.timeout(60_000);

let engine: FakeEngine;
let kept: KeptJobs;

beforeEach(() => {
  engine = new FakeEngine();
  kept = new KeptJobs(engine);
});

async function keep(): Promise<string> {
  await kept.keep(SPEC, signal);
  return (await kept.find(NAME, signal))?.id ?? '';
}

describe('a job that is kept anew under the name of one that is gone', () => {
  it('is not failed by the failure of the earlier one', async () => {
    const earlier = await keep();
    await kept.drop(NAME, signal);
    await keep();
    await kept.fail(NAME, earlier, FAILURE, signal);
    expect((await kept.find(NAME, signal))?.failure).toBeUndefined();
  });

  it('is not dropped by the end of the earlier one', async () => {
    const earlier = await keep();
    await kept.drop(NAME, signal);
    const later = await keep();
    await kept.dropOnly(NAME, earlier, signal);
    expect((await kept.find(NAME, signal))?.id).toBe(later);
  });

  it('fails in its own words although a failure of the earlier one was left behind', async () => {
    const earlier = await keep();
    await kept.fail(NAME, earlier, { ...FAILURE, message: 'words of old' }, signal);
    await engine.removeVolume(`${NAME}..kept`);
    const later = await keep();
    await kept.fail(NAME, later, FAILURE, signal);
    expect((await kept.find(NAME, signal))?.failure).toMatchObject(FAILURE);
  });
});

describe('a failure', () => {
  it('of a job that is removed meanwhile leaves nothing', async () => {
    const id = await keep();
    const createVolume = engine.createVolume.bind(engine);
    engine.createVolume = async (name, labels) => {
      await kept.drop(NAME, signal);
      await createVolume(name, labels);
    };
    await kept.fail(NAME, id, FAILURE, signal);
    expect([...engine.volumes.keys()]).toEqual([]);
  });

  it('that two replicas record at once is never absent in between', async () => {
    const id = await keep();
    const findVolume = engine.findVolume.bind(engine);
    // This replica has looked before the other one has recorded it.
    engine.findVolume = async (name) => {
      const seen = await findVolume(name);
      if (name.endsWith('..failed')) {
        engine.findVolume = findVolume;
        await kept.fail(NAME, id, FAILURE, signal);
      }
      return seen;
    };
    engine.removeVolume = () => Promise.reject(new Error('removed'));
    await kept.fail(NAME, id, { ...FAILURE, message: 'other words' }, signal);
    expect((await kept.find(NAME, signal))?.failure).toMatchObject(FAILURE);
  });

  it('is recorded once', async () => {
    const id = await keep();
    await kept.fail(NAME, id, FAILURE, signal);
    await kept.fail(NAME, id, { ...FAILURE, message: 'other words' }, signal);
    expect((await kept.find(NAME, signal))?.failure).toMatchObject(FAILURE);
  });
});
