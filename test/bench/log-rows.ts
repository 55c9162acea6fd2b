import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startCountingProxy } from './counting-proxy.ts';
import { HttpClient } from './http-client.ts';
import { median } from './load.ts';
import { atMost, figure, ratio, timed, type Row } from './measure.ts';
import { expectStatus, type Rig } from './rig.ts';
import { startService } from './service.ts';

const JID = 'bench-grow';
const LINES = `seq -w 1 1000 | sed s/^/${'a'.repeat(52)}/`;
const ROUNDS = 15;
const POLLS = 50;

/** R5: a log that grows, read anew and from the cache. */
export async function growingLogRows(rig: Rig): Promise<Row[]> {
  await rig.submit(JID, `${LINES}; while sleep 0.2; do echo more; done`);
  await sleep(2_000);
  try {
    return [await readAnewRow(rig), await readsRow(rig)];
  } finally {
    await rig.remove(JID);
  }
}

async function readAnewRow({ engine, ours }: Rig): Promise<Row> {
  const path = `/containers/${JID}/logs?stdout=1&stderr=1&tail=1000`;
  const [direct, missed]: [number[], number[]] = [[], []];
  for (let round = 0; round < ROUNDS; round += 1) {
    // Longer than any log is taken from the cache.
    await sleep(1_100);
    direct.push(await timed(() => expectStatus(engine.send('GET', path), 200)));
    missed.push(await timed(() => poll(ours)));
  }
  const compared = ratio(median(direct), median(missed));
  return atMost('R5', 'GET with a log read anew / the log', 'ms', compared, 1.25);
}

/** By a service whose calls are counted on their way, which takes time of its own. */
async function readsRow(rig: Rig): Promise<Row> {
  const socket = join(tmpdir(), `pman-bench-${process.pid}.sock`);
  const proxy = await startCountingProxy(rig.engineSocket, socket);
  const service = await startService({ ...rig.settings, DOCKER_HOST: `unix://${socket}` });
  const client = new HttpClient({ host: '127.0.0.1', port: service.port });
  try {
    await poll(client);
    const before = proxy.logCalls();
    for (let count = 0; count < POLLS; count += 1) {
      await poll(client);
      await sleep(200);
    }
    const reads = figure((proxy.logCalls() - before) / POLLS);
    return atMost('R5', 'log reads a poll, 5 polls a second', '', reads, 0.2);
  } finally {
    client.close();
    await service.stop();
    proxy.close();
    await rm(socket, { force: true });
  }
}

const poll = (client: HttpClient): Promise<string> =>
  expectStatus(client.send('GET', `/api/v1/${JID}/`), 200);
