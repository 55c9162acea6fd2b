import { setTimeout as sleep } from 'node:timers/promises';
import type { HttpClient } from './http-client.ts';
import { connectionsPerSecond, median, percentile, requestsPerSecond } from './load.ts';
import { atLeast, atMost, compareInBlocks, timed, type Row } from './measure.ts';
import { expectStatus, type Rig } from './rig.ts';

/** Requests a second that the predecessor served on Docker, measured with 32 clients. */
const PREDECESSOR = { shortLog: 132, longLog: 74 } as const;
const CLIENTS = 32;
/** Few enough that no list comes in between. */
const LOOK_UPS = 20;
const LOOK_UP_BLOCKS = 9;
const WARM_UP = 1_000;

/** R1 to R4: polls of jobs that have finished. */
export async function finishedRows(rig: Rig): Promise<Row[]> {
  const { engine, ours, isPodman } = rig;
  await rig.submit('bench-get', 'echo hello');
  await rig.submit(
    'bench-long',
    'seq -w 1 1000 | sed s/^/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/',
  );
  await rig.finished('bench-get');
  await rig.finished('bench-long');
  const poll = () => expectStatus(ours.send('GET', '/api/v1/bench-get/'), 200);
  const compared = await compareInBlocks(
    10,
    200,
    () => expectStatus(engine.send('GET', '/containers/bench-get/json'), 200),
    poll,
  );
  const empty = await requestsPerSecond(ours, '/api/v1/', CLIENTS);
  const cached = await requestsPerSecond(ours, '/api/v1/bench-get/', CLIENTS);
  const apart = await connectionsPerSecond(rig.service.port, '/api/v1/bench-get/', CLIENTS);
  const long = await connectionsPerSecond(rig.service.port, '/api/v1/bench-long/', CLIENTS);
  await rig.remove('bench-get');
  await rig.remove('bench-long');
  return [
    atMost('R1', 'GET of a known job / inspect', 'ms', compared, isPodman ? 0.35 : 1),
    atLeast('R2', 'GET of a known job / of the service itself', '/s', ratio(empty, cached), 0.85),
    atLeast(
      'R3',
      'GET, a connection each / the predecessor',
      '/s',
      ratio(PREDECESSOR.shortLog, apart),
      50,
    ),
    atLeast(
      'R4',
      'GET with 1,000 lines of log / the predecessor',
      '/s',
      ratio(PREDECESSOR.longLog, long),
      30,
    ),
  ];
}

/**
 * R5: a log that grows, read anew and from the cache.
 * @param counted a service whose calls are counted on their way, which takes time of its own
 */
export async function growingLogRows(
  rig: Rig,
  counted: HttpClient,
  engineCalls: () => number,
): Promise<Row[]> {
  const { engine, ours } = rig;
  const script =
    'seq -w 1 1000 | sed s/^/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/; while sleep 0.2; do echo more; done';
  await rig.submit('bench-grow', script);
  await sleep(2_000);
  const pollOf = (client: HttpClient) => () =>
    expectStatus(client.send('GET', '/api/v1/bench-grow/'), 200);
  const path = '/containers/bench-grow/logs?stdout=1&stderr=1&tail=1000';
  const [direct, missed]: [number[], number[]] = [[], []];
  for (let round = 0; round < 15; round += 1) {
    // Longer than any log is taken from the cache.
    await sleep(1_100);
    direct.push(await timed(() => expectStatus(engine.send('GET', path), 200)));
    missed.push(await timed(pollOf(ours)));
  }
  const poll = pollOf(counted);
  await poll();
  const [before, polls] = [engineCalls(), 50];
  for (let count = 0; count < polls; count += 1) {
    await poll();
    await sleep(200);
  }
  const calls = engineCalls() - before;
  await rig.remove('bench-grow');
  return [
    atMost(
      'R5',
      'GET with a log read anew / the log',
      'ms',
      ratio(median(direct), median(missed)),
      1.25,
    ),
    atMost('R5', 'log reads a poll, 5 polls a second', '', figure(calls / polls), 0.2),
  ];
}

/** R6: a job that the table does not have yet, such as another service's, is looked up. */
export async function lookUpRow(rig: Rig): Promise<Row> {
  const { engine, ours } = rig;
  const model = 'bench-model';
  await rig.submit(model, 'true');
  await rig.finished(model);
  const inspect = (name: string) =>
    expectStatus(engine.send('GET', `/containers/${name}/json`), 200);
  const { Config } = JSON.parse(await inspect(model)) as {
    Config: { Image: string; Labels: Readonly<Record<string, string>> };
  };
  const nameOf = (call: number) => `bench-other-${call}`;
  const create = (call: number) => {
    const labels = Object.entries(Config.Labels).map(([key, value]) => [
      key,
      value === model ? nameOf(call) : value,
    ]);
    const container = { Image: Config.Image, Labels: Object.fromEntries(labels) };
    const path = `/containers/create?name=${nameOf(call)}`;
    return expectStatus(engine.send('POST', path, container), 201);
  };
  // A runtime that compiles what it runs often: the pace that it keeps is timed, not the first calls.
  for (let call = 0; call < WARM_UP; call += 1)
    await expectStatus(ours.send('GET', `/api/v1/bench-unknown-${call}/`), 404);
  const compared = await compareInBlocks(
    LOOK_UP_BLOCKS,
    LOOK_UPS,
    (call) => inspect(nameOf(call)),
    (call) => expectStatus(ours.send('GET', `/api/v1/${nameOf(call)}/`), 200),
    create,
  );
  for (let call = 0; call < LOOK_UP_BLOCKS * LOOK_UPS; call += 1) {
    const path = `/containers/${nameOf(call)}?force=1`;
    await expectStatus(engine.send('DELETE', path), 204, 200);
  }
  await rig.remove(model);
  return atMost('R6', 'GET that looks up / inspect', 'ms', compared, 2.2);
}

/** R10: from the end of a container, by the engine's clock, to the first answer that shows it. */
export async function freshnessRows(rig: Rig): Promise<Row[]> {
  const [direct, ours]: [number[], number[]] = [[], []];
  for (let round = 0; round < 20; round += 1) {
    direct.push(await delayOfTheInspect(rig, `bench-direct-${round}`));
    const jid = `bench-fresh-${round}`;
    await rig.submit(jid, 'sleep 0.3');
    const poll = () => expectStatus(rig.ours.send('GET', `/api/v1/${jid}/`), 200);
    ours.push(await delayOfTheEnd(rig, jid, async () => (await poll()).includes('"finished')));
    await rig.remove(jid);
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

function ratio(direct: number, ours: number) {
  const value = ours / direct;
  return { direct, ours, value, range: [value, value] as const };
}

function figure(value: number) {
  return { direct: Number.NaN, ours: value, value, range: [value, value] as const };
}
