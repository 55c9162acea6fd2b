import { setTimeout as sleep } from 'node:timers/promises';
import { percentile } from './load.ts';
import {
  atLeast,
  atMost,
  compareAtRest,
  compareInBlocks,
  figure,
  ratio,
  timed,
  type Row,
} from './measure.ts';
import { expectStatus, type Rig } from './rig.ts';

const BLOCKS = 5;
const CALLS = 24;
const BURST = 64;
/** Beyond this many at once an engine only gets slower. */
const DIRECT_WORKERS = 4;

/** R7 and R9: the same containers, made and removed by us and by the engine alone. */
export async function writeRows(rig: Rig): Promise<Row[]> {
  const { engine } = rig;
  const created = await compareAtRest(
    BLOCKS,
    CALLS,
    {
      run: (call) => runDirectly(rig, `bench-direct-${call}`),
      rest: (call) =>
        expectStatus(engine.send('POST', `/containers/bench-direct-${call}/wait`), 200),
    },
    {
      run: (call) => rig.submit(`bench-ours-${call}`, 'true'),
      rest: (call) => rig.finished(`bench-ours-${call}`),
    },
  );
  const removed = await compareInBlocks(
    BLOCKS,
    CALLS,
    (call) =>
      expectStatus(engine.send('DELETE', `/containers/bench-direct-${call}?force=1&v=1`), 204, 200),
    (call) => rig.remove(`bench-ours-${call}`),
  );
  return [
    atMost('R7', 'POST / create and start', 'ms', created, 1.05),
    atMost('R7', 'POST less create and start', 'ms', figure(created.ours - created.direct), 8),
    atMost('R9', 'DELETE / forced removal', 'ms', removed, 1.15),
  ];
}

/** R8: many jobs at once, and what polls feel of it. */
export async function burstRows(rig: Rig): Promise<Row[]> {
  await rig.submit('bench-polled', 'true');
  await rig.finished('bench-polled');
  const idle = await pollsDuring(rig, () => sleep(3_000));
  const names = Array.from({ length: BURST }, (_, index) => `bench-burst-${index}`);
  // With the same polls beside it: they take their share of the machine.
  let direct = 0;
  await pollsDuring(rig, async () => {
    direct = await timed(() => inParallel(names, (name) => runDirectly(rig, `${name}-d`)));
  });
  await inParallel(names, async (name) => {
    await rig.engine.send('DELETE', `/containers/${name}-d?force=1&v=1`);
  });
  let ours = 0;
  const busy = await pollsDuring(rig, async () => {
    ours = await timed(() => Promise.all(names.map((name) => rig.submit(name, 'true'))));
  });
  await inParallel([...names, 'bench-polled'], (name) => rig.remove(name));
  const rates = ratio(BURST / (direct / 1_000), BURST / (ours / 1_000));
  const polls = ratio(percentile(idle, 99), percentile(busy, 99));
  return [
    atLeast('R8', `${BURST} POSTs at once / the engine by ${DIRECT_WORKERS}`, '/s', rates, 0.95),
    atMost('R8', 'p99 of GET in the burst / idle', 'ms', polls, 3),
  ];
}

async function pollsDuring(rig: Rig, task: () => Promise<unknown>): Promise<number[]> {
  const times: number[] = [];
  let isOver = false;
  const polling = (async () => {
    while (!isOver) {
      const poll = rig.ours.send('GET', '/api/v1/bench-polled/');
      times.push(await timed(() => expectStatus(poll, 200)));
      await sleep(5);
    }
  })();
  await task();
  isOver = true;
  await polling;
  return times;
}

async function runDirectly(rig: Rig, name: string): Promise<void> {
  const path = `/containers/create?name=${name}`;
  await expectStatus(rig.engine.send('POST', path, rig.directContainer()), 201);
  await expectStatus(rig.engine.send('POST', `/containers/${name}/start`), 204);
}

async function inParallel(
  names: readonly string[],
  task: (name: string) => Promise<unknown>,
): Promise<void> {
  const left = [...names];
  const worker = async (): Promise<void> => {
    for (let name = left.shift(); name !== undefined; name = left.shift()) await task(name);
  };
  await Promise.all(Array.from({ length: DIRECT_WORKERS }, worker));
}
