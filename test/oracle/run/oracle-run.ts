import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SYNC_TIMES } from '../../../src/scheduling/application/sync-times.js';
import { check, type Verdict } from '../checker/checker.js';
import type { History } from '../checker/history.js';
import { Client } from './clients.js';
import { toObject, type Engine } from './engine.js';
import { markerLines } from './jobs.js';
import { Nemesis } from './nemesis.js';
import { Observer } from './observer.js';
import { Random } from './random.js';
import { Recorder } from './recorder.js';
import { Replica } from './replica.js';
import { REPLICAS, scheduleOf } from './schedule.js';

/** Of the contract: a GET shows every change that is older, or it is a 503. */
const FRESHNESS_MS = 1_000;
/** After the end of all harm everything is known again when the longest pause between lists is over twice. */
const SETTLE_MS = 2 * SYNC_TIMES.idleList;
const MIN_LOAD_MS = 8_000;
/** The only one who asks for jobs of two workers is the first: seven jobs at once at most. */
const CLIENTS = 6;
const JOBS_END_MS = 30_000;

export interface OracleRun {
  readonly history: History;
  readonly verdict: Verdict;
}

/** How long of a run there are requests and harm, in milliseconds; then everything is healed. */
export function loadOf(seconds: number): number {
  return Math.max(seconds * 1_000 - SETTLE_MS, MIN_LOAD_MS);
}

/** Runs two replicas at one engine through a schedule of harm and judges what clients saw of it. */
export async function runOracle(engine: Engine, seed: number, seconds: number): Promise<OracleRun> {
  const store = await mkdtemp(join(tmpdir(), 'pman-oracle-'));
  const replicas = await startReplicas(engine, seed, store);
  const observer = new Observer(engine);
  try {
    const recorder = new Recorder();
    const nemesis = new Nemesis(engine, replicas);
    await load({ nemesis, replicas, recorder, seed, store, milliseconds: loadOf(seconds) });
    const objects = (await endedObjects(engine)).map((found) => toObject(found, store));
    const lines = recorder.planned.map(
      async (plan) => [plan.spec, await markerLines(store, plan)] as const,
    );
    const history = {
      planned: recorder.planned,
      operations: recorder.operations,
      changes: observer.changes,
      objects,
      markerLines: new Map(await Promise.all(lines)),
      engineOutages: nemesis.outages,
      eventLosses: nemesis.eventLosses,
      resync: SYNC_TIMES.idleList,
      freshness: FRESHNESS_MS,
    };
    return { history, verdict: check(history) };
  } finally {
    observer.stop();
    await Promise.all(replicas.map((replica) => replica.stop()));
    await engine.start();
    await engine.removeAll();
    await rm(store, { recursive: true, force: true });
  }
}

async function startReplicas(
  engine: Engine,
  seed: number,
  store: string,
): Promise<[Replica, ...Replica[]]> {
  const start = (number: number): Promise<Replica> =>
    Replica.start({ number, engine, store, seed: seed + number, socketPath: `${store}.${number}` });
  const [first, ...others] = REPLICAS;
  return [await start(first), ...(await Promise.all(others.map(start)))];
}

interface Load {
  readonly nemesis: Nemesis;
  readonly replicas: readonly [Replica, ...Replica[]];
  readonly recorder: Recorder;
  readonly seed: number;
  readonly store: string;
  readonly milliseconds: number;
}

async function load({ nemesis, replicas, recorder, seed, store, milliseconds }: Load) {
  const random = new Random(seed);
  const clients = Array.from({ length: CLIENTS }, (_, number) => {
    const prefix = `oracle-${seed}-${number}`;
    const maxWorkers = number === 0 ? 2 : 1;
    return new Client({ replicas, recorder, random: random.fork(), store, prefix, maxWorkers });
  });
  const end = performance.now() + milliseconds;
  const healed = nemesis.run(scheduleOf(seed, milliseconds)).then(() => sleep(SETTLE_MS));
  await Promise.all([healed, ...clients.map((client) => client.run(end))]);
  const jids = new Set(recorder.planned.map(({ jid }) => jid));
  for (const jid of jids) {
    for (const replica of replicas) await recorder.get(replica, jid);
  }
}

/** What the engine has when nothing runs any more. */
async function endedObjects(engine: Engine) {
  const deadline = performance.now() + JOBS_END_MS;
  for (;;) {
    const objects = await engine.inspectOurs();
    const isQuiet = objects.every((object) => toObject(object, '').state !== 'running');
    if (isQuiet || performance.now() > deadline) return objects;
    await sleep(500);
  }
}
