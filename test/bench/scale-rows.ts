import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startCountingProxy } from './counting-proxy.ts';
import { HttpClient } from './http-client.ts';
import { connectionsPerSecond } from './load.ts';
import { atLeast, atMost, type Row } from './measure.ts';
import { startModelEngine } from './model-engine.ts';
import { growingLogRows } from './read-rows.ts';
import { expectStatus, type Rig } from './rig.ts';
import { startBareServer, startService } from './service.ts';

const POLLS = 10_000;
const JOBS = 10_000;
/** What ten thousand jobs that are asked for every five seconds come to. */
const POLLS_PER_SECOND = 2_000;
const LOAD_SECONDS = 15;

/** R11, and R5 with it: what polls cost the engine, beside its lists and events. */
export async function callsRows(rig: Rig): Promise<Row[]> {
  const socket = join(tmpdir(), `pman-bench-${process.pid}.sock`);
  const proxy = await startCountingProxy(rig.engineSocket, socket);
  const counted = await startService({ ...rig.settings, DOCKER_HOST: `unix://${socket}` });
  const client = new HttpClient({ host: '127.0.0.1', port: counted.port });
  try {
    await rig.submit('bench-calls', 'sleep 60', client);
    await sleep(2_000);
    const before = proxy.calls();
    for (let poll = 0; poll < POLLS; poll += 1) {
      await expectStatus(client.send('GET', '/api/v1/bench-calls/'), 200);
    }
    const calls = proxy.calls() - before;
    await rig.remove('bench-calls', client);
    const logRows = await growingLogRows(rig, client, () => proxy.logCalls());
    return [atMost('R11', 'engine calls a poll', '', figure(calls / POLLS), 0.02), ...logRows];
  } finally {
    client.close();
    await counted.stop();
    proxy.close();
    await rm(socket, { force: true });
  }
}

/** R12: from the start of the process to its first answer, beside the smallest server of the runtime. */
export async function startRow(rig: Rig): Promise<Row> {
  const starts: number[] = [];
  for (let round = 0; round < 3; round += 1) {
    const bare = await startBareServer();
    const service = await startService(rig.settings);
    await service.stop();
    starts.push(service.startedAfter / bare);
  }
  const [value = Number.NaN] = starts.toSorted((a, b) => a - b).slice(1);
  const range = [Math.min(...starts), Math.max(...starts)] as const;
  const direct = await startBareServer();
  const times = { direct, ours: rig.service.startedAfter, value, range };
  return atMost('R12', 'start to the first 200 / of a bare server', 'ms', times, 12);
}

/** R13, R14 and R3 at scale: ten thousand running jobs of a model of the engine. */
export async function scaleRows(rig: Rig): Promise<Row[]> {
  const idle = await idleMemory(rig);
  const socket = join(tmpdir(), `pman-model-${process.pid}.sock`);
  const engine = await startModelEngine(socket, JOBS);
  const begin = performance.now();
  const service = await startService({ ...rig.settings, DOCKER_HOST: `unix://${socket}` });
  const client = new HttpClient({ host: '127.0.0.1', port: service.port });
  try {
    const ready = await untilReady(client, begin);
    await pollEachOnce(client);
    await sleep(2_000);
    const grown = (await service.residentMebibytes()) - idle;
    await service.loopDelay();
    const served = await connectionsPerSecond(service.port, '/api/v1/model-77/', 32, LOAD_SECONDS);
    const flood = await service.loopDelay();
    const delay = await delayAtTheRate(service, client);
    const after = await service.residentMebibytes();
    return [
      atMost('R12', `start to ready with ${JOBS} jobs`, 'ms', figure(ready), 3_000),
      atMost('R13', 'resident memory, idle', 'MiB', figure(idle), 130),
      atMost('R13', `growth for ${JOBS} jobs`, 'MiB', figure(grown), 25),
      atLeast(
        'D23',
        `GET/s, a connection each, ${JOBS} jobs`,
        '/s',
        figure(served),
        POLLS_PER_SECOND,
      ),
      atMost('D23', 'event loop delay in that flood, p99', 'ms', figure(flood), 50),
      atMost('R14', `event loop delay at ${POLLS_PER_SECOND} GET/s, p99`, 'ms', figure(delay), 20),
      atMost('R13', 'resident memory after it', 'MiB', figure(after), 130 + 25 + 30),
    ];
  } finally {
    client.close();
    await service.stop();
    engine.close();
    engine.closeAllConnections();
    await rm(socket, { force: true });
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

async function pollEachOnce(client: HttpClient): Promise<void> {
  for (let first = 0; first < JOBS; first += 50) {
    const polls = Array.from({ length: 50 }, (_, index) =>
      expectStatus(client.send('GET', `/api/v1/model-${first + index}/`), 200),
    );
    await Promise.all(polls);
  }
}

/** Polls of all jobs in turn at the rate, for some seconds. @returns the service's loop delay */
async function delayAtTheRate(
  service: { loopDelay(): Promise<number> },
  client: HttpClient,
): Promise<number> {
  await service.loopDelay();
  const begin = performance.now();
  const open = new Set<Promise<unknown>>();
  for (let sent = 0; sent < POLLS_PER_SECOND * 5;) {
    const due = ((performance.now() - begin) / 1_000) * POLLS_PER_SECOND;
    for (; sent < due; sent += 1) {
      const poll = client.send('GET', `/api/v1/model-${sent % JOBS}/`);
      const settled = poll.finally(() => open.delete(settled));
      open.add(settled);
    }
    await sleep(1);
  }
  await Promise.all(open);
  return service.loopDelay();
}

function figure(value: number) {
  return { direct: Number.NaN, ours: value, value, range: [value, value] as const };
}

/** Of a service that has just started and has had nothing to do, in MiB. */
async function idleMemory(rig: Rig): Promise<number> {
  const service = await startService(rig.settings);
  await sleep(3_000);
  const memory = await service.residentMebibytes();
  await service.stop();
  return memory;
}
