import { HttpClient } from './http-client.ts';
import { atMost, compareInBlocks, type Row } from './measure.ts';
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
  const { ours } = rig;
  await rig.submit(MODEL, 'true');
  await rig.finished(MODEL);
  const polled = await compareInBlocks(
    10,
    200,
    () => inspect(rig, MODEL),
    () => expectStatus(ours.send('GET', `/api/v1/${MODEL}/`), 200),
  );
  await rig.remove(MODEL);
  return [
    atMost('R15', 'GET of a known job / service inspect', 'ms', polled, 1),
    await submissionRow(rig),
  ];
}

/** Of jobs that no node may take: a container that starts would take the machine from both sides. */
async function submissionRow(rig: Rig): Promise<Row> {
  const service = await startService({ ...rig.settings, NODE_SELECTOR: 'bench=nowhere' });
  const client = new HttpClient({ host: '127.0.0.1', port: service.port });
  try {
    await rig.submit(MODEL, 'true', client);
    const { Spec } = JSON.parse(await inspect(rig, MODEL)) as { readonly Spec: ServiceSpec };
    const created = await compareInBlocks(
      BLOCKS,
      JOBS / BLOCKS,
      (call) => createDirectly(rig, Spec, call),
      (call) => rig.submit(`bench-ours-${call}`, 'true', client),
    );
    for (let call = 0; call < JOBS; call += 1) {
      await rig.remove(`bench-ours-${call}`, client);
      await expectStatus(rig.engine.send('DELETE', `/services/bench-direct-${call}`), 200);
    }
    await rig.remove(MODEL, client);
    const value = (created.ours - ALLOWED_MS) / created.direct;
    const measured = { ...created, value, range: [value, value] as const };
    return atMost('R15', `POST less ${ALLOWED_MS} ms / service create`, 'ms', measured, 1.15);
  } finally {
    client.close();
    await service.stop();
  }
}

const inspect = ({ engine }: Rig, name: string): Promise<string> =>
  expectStatus(engine.send('GET', `/services/${name}`), 200);

async function createDirectly({ engine }: Rig, spec: ServiceSpec, call: number): Promise<void> {
  // Without labels of ours: the service would take it for a job.
  const service = { ...spec, Name: `bench-direct-${call}`, Labels: {} };
  await expectStatus(engine.send('POST', '/services/create', service), 201);
}
