import { Readable } from 'node:stream';
import { beforeEach, describe, expect, it } from 'vitest';
import { jobSpec } from '../../../../test/fakes/builders.js';
import { ENGINE_OPTIONS, FakeEngine, says } from './docker-fixture.js';
import { DockerScheduler } from './docker.scheduler.js';

const SPEC = jobSpec();
const { name: NAME } = SPEC;
const SILENT = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const WINDOW = { lines: 10, bytes: 1_000 };
const signal = AbortSignal.timeout(60_000);

let engine: FakeEngine;
let scheduler: DockerScheduler;
let looks: number;

beforeEach(() => {
  engine = new FakeEngine();
  scheduler = new DockerScheduler(engine, ENGINE_OPTIONS, SILENT);
  looks = 0;
  engine.beforeLook = () => void (looks += 1);
  engine.readLogs = (id) => {
    if (!engine.containers.has(id)) return Promise.reject(says(404, `No such container: ${id}`));
    const header = Buffer.from([1, 0, 0, 0, 0, 0, 0, id.length]);
    return Promise.resolve(Readable.from([Buffer.concat([header, Buffer.from(id)])]));
  };
});

const read = async (): Promise<string> => (await scheduler.logs(NAME, WINDOW, signal)).text;

describe('the log of a job', () => {
  it('that was seen before is read without a look at its container', async () => {
    await scheduler.submit(SPEC, signal);
    await scheduler.find(NAME, signal);
    const before = looks;
    expect(await read()).toBe(engine.named(NAME)?.id);
    expect(looks).toBe(before);
  });

  it('that was made anew since is that of the new one', async () => {
    await scheduler.submit(SPEC, signal);
    await scheduler.find(NAME, signal);
    engine.containers.clear();
    await scheduler.submit(SPEC, signal);
    expect(await read()).toBe(engine.named(NAME)?.id);
  });

  it('that is gone since is that of no job', async () => {
    await scheduler.submit(SPEC, signal);
    await scheduler.find(NAME, signal);
    engine.containers.clear();
    await expect(read()).rejects.toMatchObject({ code: 'JobNotFound' });
  });
});
