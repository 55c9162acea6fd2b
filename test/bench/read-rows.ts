import { connectionsPerSecond, requestsPerSecond } from './load.ts';
import { atLeast, atMost, compareInBlocks, compareInTurn, ratio, type Row } from './measure.ts';
import { expectStatus, type Rig } from './rig.ts';

/** Requests a second that the predecessor served on Docker, measured with 32 clients. */
const PREDECESSOR = { shortLog: 132, longLog: 74 } as const;
const CLIENTS = 32;
const RATE_BLOCKS = 5;
const RATE_SECONDS = 1;
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
  const rates = await compareInTurn(
    RATE_BLOCKS,
    () => requestsPerSecond(ours, '/api/v1/', CLIENTS, RATE_SECONDS),
    () => requestsPerSecond(ours, '/api/v1/bench-get/', CLIENTS, RATE_SECONDS),
  );
  const apart = await connectionsPerSecond(rig.service.port, '/api/v1/bench-get/', CLIENTS);
  const long = await connectionsPerSecond(rig.service.port, '/api/v1/bench-long/', CLIENTS);
  await rig.remove('bench-get');
  await rig.remove('bench-long');
  return [
    atMost('R1', 'GET of a known job / inspect', 'ms', compared, isPodman ? 0.35 : 1),
    atLeast('R2', 'GET of a known job / of the service itself', '/s', rates, 0.85),
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
