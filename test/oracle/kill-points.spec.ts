import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Operation } from './checker/history.js';
import { Engine, toObject } from './run/engine.js';
import { markerLines, sendableJob, type SendableJob } from './run/jobs.js';
import {
  BETWEEN_TWO_WORKERS,
  CALLS,
  IN_DELETE,
  IN_POST,
  IN_REPEATED_POST,
  type Point,
} from './run/points.js';
import { Recorder } from './run/recorder.js';
import { Replica } from './run/replica.js';

const JOB_MS = 1_500;
/** Long enough to be running still when it is repeated. */
const REPEATED_JOB_MS = 6_000;
const LONG_JOB_MS = 60_000;
const END_DEADLINE_MS = 30_000;
/** A connection that is broken is seen to be by then. */
const BREAK_MS = 100;

describe.each(['docker', 'podman'] as const)('a service killed at once, on %s', (kind) => {
  let world: World;
  let engine: Engine;

  beforeAll(async () => {
    engine = await Engine.up(kind, `kill-${kind}`);
  });
  afterAll(() => engine.down());
  beforeEach(async () => {
    world = await World.start(engine);
  });
  afterEach(() => world.stop());

  it.each(IN_POST)('D25: $when the $what of a POST: its repeat gives one run', async (point) => {
    const [replica] = world.replicas;
    const job = await world.job(1, JOB_MS);
    await killAndRestart(world, point, () => world.post(replica, job));
    await assertRepeatIsOneRun(world, replica, job);
  });

  it.each(IN_REPEATED_POST)(
    'D25: $when the $what of a repeated POST: another repeat gives no other run',
    async (point) => {
      const [replica] = world.replicas;
      const job = await world.job(1, REPEATED_JOB_MS);
      await world.post(replica, job);
      await world.until(replica, job, 'started');
      await killAndRestart(world, point, () => world.post(replica, job));
      await assertRepeatIsOneRun(world, replica, job);
    },
  );

  it.each(IN_DELETE)('D25: $when the $what of a DELETE: its repeat removes it', async (point) => {
    const [replica] = world.replicas;
    const job = await world.job(1, LONG_JOB_MS);
    await world.post(replica, job);
    await world.until(replica, job, 'started');
    await killAndRestart(world, point, () => world.delete(replica, job));
    // What the first one has removed is not there for the second.
    const repeated = point.left.length > 0 ? 204 : 404;
    expect(await world.delete(replica, job)).toMatchObject({ status: repeated });
    expect(await world.get(replica, job)).toMatchObject({ status: 404 });
    expect(await world.statesLeft()).toEqual([]);
    expect(await markerLines(world.store, job.plan)).toBe(1);
  });

  it.each(BETWEEN_TWO_WORKERS)(
    'D25: between the two workers, $when the first $what: the repeat runs each once',
    async (point) => {
      const [replica] = world.replicas;
      const job = await world.job(2, JOB_MS);
      await killAndRestart(world, point, () => world.post(replica, job));
      expect(await world.post(replica, job)).toMatchObject({ status: 201 });
      expect(await world.finalStatus(replica, job)).toBe('finishedSuccessfully');
      expect(await world.statesLeft()).toEqual(['ended', 'ended']);
      expect(await markerLines(world.store, job.plan)).toBe(2);
    },
  );

  it.each([...IN_REPEATED_POST, ...IN_POST])(
    'D25: two replicas with one POST, both killed $when a $what: the repeats give one run',
    async (point) => {
      const job = await world.job(1, JOB_MS);
      const both = [world.replicas[0], await world.startReplica()];
      const postToBoth = () => Promise.all(both.map((replica) => world.post(replica, job)));
      expect(await killAt(point, both, postToBoth)).toEqual(['info', 'info']);
      await Promise.all(both.map((replica) => replica.crashAndRestart()));
      const statuses = (await postToBoth()).map(({ status }) => status);
      expect(statuses).toEqual([201, 201]);
      for (const replica of both)
        expect(await world.finalStatus(replica, job)).toBe('finishedSuccessfully');
      expect(await world.statesLeft()).toEqual(['ended']);
      expect(await markerLines(world.store, job.plan)).toBe(1);
    },
  );
});

/**
 * Kills all the replicas as soon as one of them comes to the point.
 * @returns what the clients of the requests know of their outcomes.
 */
async function killAt(
  { when, what }: Point,
  replicas: readonly Replica[],
  send: () => Promise<Operation | readonly Operation[]>,
): Promise<readonly string[]> {
  const kill = async (): Promise<void> => {
    replicas.forEach((replica) => replica.signal('SIGKILL'));
    await sleep(BREAK_MS);
  };
  const breakpoint = when === 'before' ? { beforeForward: kill } : { beforeAnswer: kill };
  const rules = replicas.map(({ proxy }) => proxy.add({ ...CALLS[what], ...breakpoint, times: 1 }));
  const sent = [await send()].flat();
  expect(rules.some(({ hits }) => hits > 0)).toBe(true);
  rules.forEach((rule) => rule.remove());
  return sent.map(({ outcome }) => outcome);
}

/** Kills the first replica at the point, judges what the engine has of the job then, and starts it again. */
async function killAndRestart(world: World, point: Point, send: () => Promise<Operation>) {
  const [replica] = world.replicas;
  expect(await killAt(point, [replica], send)).toEqual(['info']);
  expect(await world.statesLeft()).toEqual(point.left);
  await replica.crashAndRestart();
}

async function assertRepeatIsOneRun(world: World, replica: Replica, job: SendableJob) {
  expect(await world.post(replica, job)).toMatchObject({ status: 201 });
  expect(await world.finalStatus(replica, job)).toBe('finishedSuccessfully');
  expect(await world.statesLeft()).toEqual(['ended']);
  expect(await markerLines(world.store, job.plan)).toBe(1);
}

/** An engine, a store and the replicas of a test. */
class World {
  readonly replicas: [Replica, ...Replica[]];
  private readonly recorder = new Recorder();

  private constructor(
    private readonly engine: Engine,
    readonly store: string,
    first: Replica,
  ) {
    this.replicas = [first];
  }

  static async start(engine: Engine): Promise<World> {
    const store = await mkdtemp(join(tmpdir(), 'pman-kill-'));
    return new World(engine, store, await startReplica(engine, store, 0));
  }

  async startReplica(): Promise<Replica> {
    const replica = await startReplica(this.engine, this.store, this.replicas.length);
    this.replicas.push(replica);
    return replica;
  }

  async stop(): Promise<void> {
    await Promise.all(this.replicas.map((replica) => replica.stop()));
    await this.engine.removeAll();
    await rm(this.store, { recursive: true, force: true });
  }

  job(workers: number, milliseconds: number): Promise<SendableJob> {
    const plan = {
      spec: 'kill-point/outgoing',
      jid: 'kill-point',
      workers,
      exitCode: 0,
      isBad: false,
    };
    return sendableJob(this.store, plan, milliseconds);
  }

  post(replica: Replica, { plan, body }: SendableJob): Promise<Operation> {
    return this.recorder.post(replica, plan, body);
  }

  get(replica: Replica, { plan }: SendableJob): Promise<Operation> {
    return this.recorder.get(replica, plan.jid);
  }

  delete(replica: Replica, { plan }: SendableJob): Promise<Operation> {
    return this.recorder.delete(replica, plan.jid);
  }

  async until(replica: Replica, job: SendableJob, ...words: readonly string[]): Promise<string> {
    const deadline = performance.now() + END_DEADLINE_MS;
    for (;;) {
      const { shown = '', status } = await this.get(replica, job);
      if (words.includes(shown)) return shown;
      if (performance.now() > deadline) throw new Error(`too late: ${status} ${shown}`);
      await sleep(BREAK_MS);
    }
  }

  finalStatus(replica: Replica, job: SendableJob): Promise<string> {
    return this.until(replica, job, 'finishedSuccessfully', 'finishedWithError', 'undefined');
  }

  /** Of everything that the engine has of the service. */
  async statesLeft(): Promise<readonly string[]> {
    const objects = await this.engine.inspectOurs();
    return objects.map((object) => toObject(object, this.store).state).toSorted();
  }
}

function startReplica(engine: Engine, store: string, number: number): Promise<Replica> {
  return Replica.start({ number, engine, store, seed: 1, socketPath: `${store}.${number}` });
}
