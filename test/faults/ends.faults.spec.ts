import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Harness, Job } from '../contract/harness.js';
import { FaultRig } from './fault-rig.js';
import { until } from './faulty-engine.js';

/** Leaves a line each time it runs. */
const MARK = 'echo run >>/share/outgoing/runs; sleep 0.2';
/** Runs long enough for the lists that there are while a job is live. */
const LONG_MARK = 'echo run >>/share/outgoing/runs; sleep 1.5';
const END_DEADLINE_MS = 25_000;

/** The calls of which a submission and a removal consist. */
const CALLS: Readonly<Record<string, readonly [method: string, path: RegExp]>> = {
  'the look-up': ['GET', /\/containers\/chris[^/]*\/json/],
  'the look-up of the image': ['GET', /\/images\/.*\/json/],
  'the create': ['POST', /\/containers\/create/],
  'the start': ['POST', /\/start/],
  'a list': ['GET', /\/containers\/json/],
  'the removal': ['DELETE', /\/containers\//],
};
const POINTS = Object.entries(CALLS).flatMap(([call, [method, path]]) =>
  (['before', 'after'] as const).map((when) => ({ when, call, method, path })),
);

let rig: FaultRig;
let harness: Harness;

beforeAll(async () => {
  rig = await FaultRig.up('docker', 'f-ends');
  harness = await rig.serve();
});
afterEach(() => rig.proxy.heal());
afterAll(() => rig.down());

/** Submits and removes; @returns what the client was told of each, 0 where the connection broke */
async function submitAndRemove(job: Job, isRemoved: boolean): Promise<readonly number[]> {
  const told = (answer: Promise<{ status: number }>): Promise<number> =>
    answer.then(
      ({ status }) => status,
      () => 0,
    );
  const posted = await told(harness.post(job));
  if (!isRemoved || posted !== 201) return [posted];
  return [posted, await told(harness.delete(job.jid))];
}

/** What holds however often a client has to ask again. */
async function assertOneRun(job: Job): Promise<void> {
  await harness.submit(job);
  expect((await harness.finish(job.jid))['status']).toBe('finishedSuccessfully');
  expect(await harness.written(job, 'runs')).toBe('run\n');
  expect((await rig.containers()).filter((name) => name.includes(job.jid))).toHaveLength(1);
}

async function assertGone(job: Job): Promise<void> {
  expect([204, 404]).toContain((await harness.delete(job.jid)).status);
  expect((await harness.get(job.jid)).status).toBe(404);
  expect((await rig.containers()).filter((name) => name.includes(job.jid))).toEqual([]);
}

/** What is done once, at a breakpoint that the next matching request runs into. */
function strikeAt(
  { when, method, path }: Pick<(typeof POINTS)[number], 'when' | 'method' | 'path'>,
  act: () => Promise<unknown>,
) {
  return new Promise<void>((resolve, reject) => {
    const strike = (): Promise<unknown> => {
      const done = act();
      done.then(() => resolve(), reject);
      return done;
    };
    const breakpoint = when === 'before' ? { beforeForward: strike } : { beforeAnswer: strike };
    rig.proxy.add({ method, path, times: 1, ...breakpoint });
  });
}

function scriptOf({ call }: { readonly call: string }): string {
  return call === 'a list' ? LONG_MARK : MARK;
}

const AFTER_CREATE = { when: 'after', method: 'POST', path: /create/ } as const;

describe('a service that is killed', () => {
  it.each(POINTS)('D25: $when $call loses nothing and starts nothing twice', async (point) => {
    // A service that has seen the image does not look for it again.
    if (point.call.includes('image')) await harness.crashAndRestart();
    const job = await harness.job(scriptOf(point));
    const crash = strikeAt(point, () => harness.crashAndRestart());
    await submitAndRemove(job, point.method === 'DELETE');
    await crash;
    if (point.method === 'DELETE') await assertGone(job);
    else await assertOneRun(job);
  });

  it('D25: after the create leaves a job that is started by a repeat at another replica', async () => {
    const job = await harness.job(MARK);
    const other = await harness.replica();
    const crash = strikeAt(AFTER_CREATE, () => harness.crashAndRestart());
    const [, { status }] = await Promise.all([submitAndRemove(job, false), other.post(job)]);
    expect(status).toBe(201);
    await crash;
    await assertOneRun(job);
    await other.stop();
  });

  it('D25: after the create leaves a job that waits to be started, and goes with a DELETE', async () => {
    const job = await harness.job(MARK);
    const crash = strikeAt(AFTER_CREATE, () => harness.crashAndRestart());
    expect(await submitAndRemove(job, false)).toEqual([0]);
    await crash;
    expect((await harness.get(job.jid)).body).toMatchObject({ status: 'notstarted' });
    await assertGone(job);
    expect(await harness.exists(`${job.output_dir}/runs`)).toBe(false);
  });
});

describe('a service that is asked to end', () => {
  it.each(POINTS)('D24: $when $call keeps its word and ends with code 0', async (point) => {
    // A service that has seen the image does not look for it again.
    if (point.call.includes('image')) await harness.crashAndRestart();
    const job = await harness.job(scriptOf(point));
    const isRemoval = point.method === 'DELETE';
    let ending = Promise.resolve();
    const struck = strikeAt(point, async () => {
      ending = harness.stop();
      ending.catch(() => undefined);
    });
    const began = performance.now();
    const told = await submitAndRemove(job, isRemoval);
    await struck;
    await ending;
    expect(performance.now() - began).toBeLessThan(END_DEADLINE_MS);
    await harness.crashAndRestart();
    if (isRemoval && told[1] === 204) expect((await harness.get(job.jid)).status).toBe(404);
    if (!isRemoval && told[0] === 201) expect((await harness.get(job.jid)).status).toBe(200);
    if (isRemoval) await assertGone(job);
    else await assertOneRun(job);
  });

  it('D24: takes no new connections', async () => {
    const job = await harness.job(MARK);
    const held = rig.proxy.add({
      method: 'POST',
      path: /create/,
      times: 1,
      fault: { kind: 'delay', what: 'request', milliseconds: 1_500 },
    });
    const posted = harness.post(job);
    await held.hit;
    const ending = harness.stop();
    await until(
      () =>
        fetch(`${harness.running.baseUrl}/api/v1/`).then(
          () => false,
          () => true,
        ),
      1_000,
    );
    expect((await posted).status).toBe(201);
    await ending;
    await harness.crashAndRestart();
    await assertOneRun(job);
  });
});
