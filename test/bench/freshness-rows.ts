import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startCountingProxy } from './counting-proxy.ts';
import { HttpClient } from './http-client.ts';
import { median, percentile } from './load.ts';
import { atMost, figure, type Row } from './measure.ts';
import { expectStatus, type Rig } from './rig.ts';
import { startService } from './service.ts';

const ROUNDS = 30;
const LOST_ROUNDS = 15;

/** R10: from the end of a container, by the engine's clock, to the first answer that shows it. */
export async function freshnessRows(rig: Rig): Promise<Row[]> {
  const [direct, ours]: [number[], number[]] = [[], []];
  for (let round = 0; round < ROUNDS; round += 1) {
    direct.push(await delayOfTheInspect(rig, `bench-direct-${round}`));
    ours.push(await delayOfTheAnswer(rig, rig.ours, `bench-fresh-${round}`));
  }
  const compared = (of: (values: readonly number[]) => number) => {
    const value = of(ours);
    return { direct: of(direct), ours: value, value, range: [value, value] as const };
  };
  const p99 = compared((values) => percentile(values, 99));
  return [
    atMost('R10', 'from the end to the answer that shows it, p50', 'ms', compared(median), 5),
    atMost('R10', 'the same, p99', 'ms', p99, 100),
  ];
}

/** R10 where the engine never tells of an end: more is lost than the one event in a hundred of the bar. */
export async function lostEventsRow(rig: Rig): Promise<Row> {
  const socket = join(tmpdir(), `pman-bench-events-${process.pid}.sock`);
  const proxy = await startCountingProxy(rig.engineSocket, socket, /"die"|"died"/);
  const service = await startService({ ...rig.settings, DOCKER_HOST: `unix://${socket}` });
  const client = new HttpClient({ host: '127.0.0.1', port: service.port });
  try {
    const delays: number[] = [];
    for (let round = 0; round < LOST_ROUNDS; round += 1)
      delays.push(await delayOfTheAnswer(rig, client, `bench-lost-${round}`));
    const longest = figure(percentile(delays, 99));
    return atMost('R10', 'the same, p99, of ends whose events are lost', 'ms', longest, 1_000);
  } finally {
    client.close();
    await service.stop();
    proxy.close();
    await rm(socket, { force: true });
  }
}

async function delayOfTheAnswer(rig: Rig, client: HttpClient, jid: string): Promise<number> {
  await rig.submit(jid, 'sleep 0.3', client);
  const poll = () => expectStatus(client.send('GET', `/api/v1/${jid}/`), 200);
  const delay = await delayOfTheEnd(rig, jid, async () => (await poll()).includes('"finished'));
  await rig.remove(jid, client);
  return delay;
}

/** The same of a container of the engine alone, by its own inspect. */
async function delayOfTheInspect(rig: Rig, name: string): Promise<number> {
  const { engine } = rig;
  const container = { Image: 'local/probe:1', Cmd: ['sleep', '0.3'] };
  await expectStatus(engine.send('POST', `/containers/create?name=${name}`, container), 201);
  await expectStatus(engine.send('POST', `/containers/${name}/start`), 204);
  const isOver = async () => {
    // Podman answers 500 while the container's process goes.
    const { status, body } = await engine.send('GET', `/containers/${name}/json`);
    return status === 200 && /"Status":\s*"(?:exited|stopped)"/.test(body);
  };
  const delay = await delayOfTheEnd(rig, name, isOver);
  await expectStatus(engine.send('DELETE', `/containers/${name}?force=1`), 204, 200);
  return delay;
}

async function delayOfTheEnd(
  rig: Rig,
  name: string,
  isOver: () => Promise<boolean>,
): Promise<number> {
  const since = (Date.now() - 1_000) / 1_000;
  while (!(await isOver())) await sleep(1);
  const seen = Date.now();
  const end = await (rig.isPodman ? endInInspect(rig, name) : endInEvents(rig, name, since));
  return Math.max(seen - end, 0);
}

/** The moment of the `die` event, in milliseconds. */
async function endInEvents({ engine }: Rig, name: string, since: number): Promise<number> {
  const filters = encodeURIComponent(JSON.stringify({ container: [name], event: ['die'] }));
  const path = `/events?since=${since}&until=${Date.now() / 1_000 + 0.001}&filters=${filters}`;
  const events = await expectStatus(engine.send('GET', path), 200);
  return (JSON.parse(events.trim()) as { timeNano: number }).timeNano / 1e6;
}

/** Podman 4.3 tells nothing of events that have been. */
async function endInInspect({ engine }: Rig, name: string): Promise<number> {
  const inspected = await expectStatus(engine.send('GET', `/containers/${name}/json`), 200);
  return Date.parse((JSON.parse(inspected) as { State: { FinishedAt: string } }).State.FinishedAt);
}
