import { setTimeout as sleep } from 'node:timers/promises';
import { HttpClient } from './http-client.ts';
import { atMost, compareInBlocks, compareInTurn, timed, type Row } from './measure.ts';
import { expectStatus, type Rig } from './rig.ts';
import { startService } from './service.ts';

const JOBS = 50;
const BLOCKS = 5;
/** A POST also sees that the service is there, which a create of 3 ms does not: in milliseconds. */
const ALLOWED_MS = 3;
const MODEL = 'bench-model';

interface ServiceSpec {
  readonly Name: string;
}

/** R15: polls and submissions of a swarm's jobs, against the same services made directly. */
export async function swarmRows(rig: Rig): Promise<Row[]> {
  return [
    await pollRow(rig, 'running', 'sleep 600', () => until(rig, 'started')),
    await pollRow(rig, 'finished', 'true', () => rig.finished(MODEL)),
    await submissionRow(rig),
  ];
}

/** Beside the look-up of the service alone, of which nobody learns the state of its task. */
async function pollRow(
  rig: Rig,
  word: string,
  script: string,
  isThere: () => Promise<void>,
): Promise<Row> {
  await rig.submit(MODEL, script);
  await isThere();
  const polled = await compareInBlocks(
    10,
    200,
    () => inspect(rig, MODEL),
    () => poll(rig, MODEL),
  );
  await rig.remove(MODEL);
  return atMost('R15', `GET of a ${word} job / service inspect`, 'ms', polled, 1);
}

async function until(rig: Rig, status: string): Promise<void> {
  while (!(await poll(rig, MODEL)).includes(`"${status}"`)) await sleep(50);
}

/** Of jobs that no node may take: a container that starts would take the machine from both sides. */
async function submissionRow(rig: Rig): Promise<Row> {
  const service = await startService({ ...rig.settings, NODE_SELECTOR: 'bench=nowhere' });
  const client = new HttpClient({ host: '127.0.0.1', port: service.port });
  // It would look up each of these jobs as well, as a second replica does.
  rig.service.pause();
  try {
    await rig.submit(MODEL, 'true', client);
    const { Spec } = JSON.parse(await inspect(rig, MODEL)) as { readonly Spec: ServiceSpec };
    const [directly, ours] = [counter(), counter()];
    const created = await compareInTurn(
      BLOCKS,
      () => medianOf(() => createDirectly(rig, Spec, directly())),
      async () =>
        (await medianOf(() => rig.submit(`bench-ours-${ours()}`, 'true', client))) - ALLOWED_MS,
    );
    for (let call = 0; call < JOBS; call += 1) {
      await rig.remove(`bench-ours-${call}`, client);
      await expectStatus(rig.engine.send('DELETE', `/services/bench-direct-${call}`), 200);
    }
    await rig.remove(MODEL, client);
    return atMost('R15', `POST less ${ALLOWED_MS} ms / service create`, 'ms', created, 1.15);
  } finally {
    rig.service.resume();
    client.close();
    await service.stop();
  }
}

function counter(): () => number {
  let next = 0;
  return () => next++;
}

/** Milliseconds that a call takes, of the calls of one block. */
async function medianOf(task: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let call = 0; call < JOBS / BLOCKS; call += 1) times.push(await timed(task));
  return times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? Number.NaN;
}

const poll = ({ ours }: Rig, name: string): Promise<string> =>
  expectStatus(ours.send('GET', `/api/v1/${name}/`), 200);

const inspect = ({ engine }: Rig, name: string): Promise<string> =>
  expectStatus(engine.send('GET', `/services/${name}`), 200);

async function createDirectly({ engine }: Rig, spec: ServiceSpec, call: number): Promise<void> {
  // Without labels of ours: the service would take it for a job.
  const service = { ...spec, Name: `bench-direct-${call}`, Labels: {} };
  await expectStatus(engine.send('POST', '/services/create', service), 201);
}
