import { atMost, compareInBlocks, type Row } from './measure.ts';
import { expectStatus, type Rig } from './rig.ts';

const JOBS = 20;
/** A POST also sees that the service is there, which a create of 3 ms does not: in milliseconds. */
const ALLOWED_MS = 3;
const MODEL = 'bench-model';

interface ServiceSpec {
  readonly Name: string;
}

/** R15: polls and submissions of a swarm's jobs, against the same services made directly. */
export async function swarmRows(rig: Rig): Promise<Row[]> {
  const { engine, ours } = rig;
  await rig.submit(MODEL, 'true');
  await rig.finished(MODEL);
  const inspect = () => expectStatus(engine.send('GET', `/services/${MODEL}`), 200);
  const poll = () => expectStatus(ours.send('GET', `/api/v1/${MODEL}/`), 200);
  const polled = await compareInBlocks(10, 200, inspect, poll);
  const { Spec } = JSON.parse(await inspect()) as { readonly Spec: ServiceSpec };
  const created = await compareInBlocks(
    5,
    JOBS / 5,
    (call) => createDirectly(rig, Spec, call),
    (call) => rig.submit(`bench-ours-${call}`, 'true'),
  );
  for (let call = 0; call < JOBS; call += 1) {
    await rig.remove(`bench-ours-${call}`);
    await expectStatus(engine.send('DELETE', `/services/bench-direct-${call}`), 200);
  }
  await rig.remove(MODEL);
  const value = (created.ours - ALLOWED_MS) / created.direct;
  return [
    atMost('R15', 'GET of a known job / service inspect', 'ms', polled, 1),
    atMost(
      'R15',
      `POST less ${ALLOWED_MS} ms / service create`,
      'ms',
      { ...created, value, range: [value, value] },
      1.15,
    ),
  ];
}

async function createDirectly({ engine }: Rig, spec: ServiceSpec, call: number): Promise<void> {
  // Without labels of ours: the service would take it for a job.
  const service = { ...spec, Name: `bench-direct-${call}`, Labels: {} };
  await expectStatus(engine.send('POST', '/services/create', service), 201);
}
