import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { HttpClient } from './http-client.ts';
import { pollsPerSecondOfAll } from './load.ts';
import { atLeast, atMost, figure, type Row } from './measure.ts';
import { startModelEngine, type ModelEngine, type Population } from './model-engine.ts';
import { expectStatus, type Rig } from './rig.ts';
import { startService, type BenchService } from './service.ts';

const JOBS = 10_000;
/** What ten thousand jobs that are asked for every five seconds come to. */
const POLLS_PER_SECOND = 2_000;
const LOAD_SECONDS = 15;
const RATED_SECONDS = 10;
const LOGS_READ_AT_ONCE = 5;
/** For R11: polled as a client does it, which is each job every five seconds. */
const POLLED_JOBS = 1_000;
const POLLS = 10_000;
const POLLED_PER_SECOND = 200;
/** For R12. */
const JOBS_AT_START = 2_000;

interface Modelled {
  readonly engine: ModelEngine;
  readonly service: BenchService;
  readonly client: HttpClient;
  /** Milliseconds from the start of the process until the service was ready. */
  readonly ready: number;
}

/** R11: what polls of many jobs cost the engine, lists and events included, logs (R5) not. */
export async function manyJobsRow(rig: Rig): Promise<Row> {
  const population = { jobs: POLLED_JOBS, running: POLLED_JOBS / 2 };
  return withModel(rig, population, async ({ engine, client }) => {
    await pollEachOnce(client, POLLED_JOBS);
    const before = engine.calls();
    await pollAtRate(client, POLLED_JOBS, POLLED_PER_SECOND, POLLS);
    const calls = figure((engine.calls() - before) / POLLS);
    return atMost('R11', `engine calls a poll, ${POLLED_JOBS} jobs`, '', calls, 0.02);
  });
}

/** R12: how soon a service is ready that finds jobs. */
export async function readyRow(rig: Rig): Promise<Row> {
  const population = { jobs: JOBS_AT_START, running: JOBS_AT_START };
  return withModel(rig, population, ({ ready }) =>
    Promise.resolve(
      atMost('R12', `start to ready with ${JOBS_AT_START} jobs`, 'ms', figure(ready), 1_500),
    ),
  );
}

/** R13, R14 and D23: ten thousand running jobs of a model of the engine. */
export async function scaleRows(rig: Rig): Promise<Row[]> {
  const idle = await idleMemory(rig);
  const population = { jobs: JOBS, running: JOBS, withLog: LOGS_READ_AT_ONCE };
  return withModel(rig, population, async ({ service, client }) => {
    await pollEachOnce(client, JOBS);
    await sleep(2_000);
    const grown = (await service.residentMebibytes()) - idle;
    const served = await pollsPerSecondOfAll(service.port, JOBS, LOAD_SECONDS);
    const delay = await delayAtTheRate(service, client);
    const after = await service.residentMebibytes();
    const rate = `${POLLS_PER_SECOND} GET/s, a connection each`;
    return [
      atMost('R13', 'resident memory, idle', 'MiB', figure(idle), 130),
      atMost('R13', `growth for ${JOBS} jobs`, 'MiB', figure(grown), 25),
      atLeast('D23', `GET/s, a connection each, ${JOBS} jobs`, '/s', figure(served), 2_000),
      atMost('R14', `event loop delay at ${rate}, p99`, 'ms', figure(delay), 20),
      atMost('R13', 'resident memory after it', 'MiB', figure(after), 130 + 25 + 30),
    ];
  });
}

/** R13: what the log of a job may take that writes a gigabyte and is polled meanwhile. */
export async function hugeLogRow(rig: Rig): Promise<Row> {
  const service = await startService(rig.settings);
  const client = new HttpClient({ host: '127.0.0.1', port: service.port });
  try {
    await sleep(2_000);
    const idle = await service.residentMebibytes();
    const line = '$(head -c 1000 /dev/zero | tr "\\0" a)';
    await rig.submit('bench-huge', `yes ${line} | head -c 1073741824`, client);
    for (const end = Date.now() + 45_000; Date.now() < end; await sleep(200)) {
      const body = await expectStatus(client.send('GET', '/api/v1/bench-huge/'), 200);
      if (body.includes('"finished')) break;
    }
    const grown = figure((await service.residentMebibytes()) - idle);
    await rig.remove('bench-huge', client);
    return atMost('R13', 'growth by a log of 1 GB', 'MiB', grown, 64 + 30);
  } finally {
    client.close();
    await service.stop();
  }
}

async function withModel<T>(
  rig: Rig,
  population: Population,
  task: (modelled: Modelled) => Promise<T>,
): Promise<T> {
  const socket = join(tmpdir(), `pman-model-${process.pid}.sock`);
  const engine = await startModelEngine(socket, population);
  const begin = performance.now();
  const service = await startService({ ...rig.settings, DOCKER_HOST: `unix://${socket}` });
  const client = new HttpClient({ host: '127.0.0.1', port: service.port });
  try {
    return await task({ engine, service, client, ready: await untilReady(client, begin) });
  } finally {
    client.close();
    await service.stop();
    await engine.close();
  }
}

/** Milliseconds until the service says that it is ready. */
async function untilReady(client: HttpClient, begin: number): Promise<number> {
  for (;;) {
    const { status } = await client.send('GET', '/health/ready');
    if (status === 200) return performance.now() - begin;
    await sleep(10);
  }
}

async function pollEachOnce(client: HttpClient, jobs: number): Promise<void> {
  for (let first = 0; first < jobs; first += 50) {
    const polls = Array.from({ length: Math.min(50, jobs - first) }, (_, index) =>
      expectStatus(client.send('GET', `/api/v1/model-${first + index}/`), 200),
    );
    await Promise.all(polls);
  }
}

/** So many polls, of all jobs in turn, at a steady rate. */
async function pollAtRate(
  client: HttpClient,
  jobs: number,
  perSecond: number,
  polls: number,
): Promise<void> {
  const begin = performance.now();
  const open = new Set<Promise<unknown>>();
  for (let sent = 0; sent < polls;) {
    const due = Math.min(polls, ((performance.now() - begin) / 1_000) * perSecond);
    for (; sent < due; sent += 1) {
      const poll = expectStatus(client.send('GET', `/api/v1/model-${sent % jobs}/`), 200);
      const settled = poll.finally(() => open.delete(settled));
      open.add(settled);
    }
    await sleep(1);
  }
  await Promise.all(open);
}

/** With a connection for each poll, while growing logs are read. @returns the service's loop delay */
async function delayAtTheRate(service: BenchService, logReader: HttpClient): Promise<number> {
  const client = new HttpClient({ host: '127.0.0.1', port: service.port }, false);
  let isOver = false;
  const readLog = async (_: unknown, index: number): Promise<void> => {
    while (!isOver) {
      await expectStatus(logReader.send('GET', `/api/v1/model-${index}/`), 200);
      await sleep(200);
    }
  };
  await service.loopDelay();
  const readers = Array.from({ length: LOGS_READ_AT_ONCE }, readLog);
  await pollAtRate(client, JOBS, POLLS_PER_SECOND, POLLS_PER_SECOND * RATED_SECONDS);
  isOver = true;
  await Promise.all(readers);
  client.close();
  return service.loopDelay();
}

/** Of a service that has just started and has had nothing to do, in MiB. */
async function idleMemory(rig: Rig): Promise<number> {
  const service = await startService(rig.settings);
  await sleep(3_000);
  const memory = await service.residentMebibytes();
  await service.stop();
  return memory;
}
