import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startCountingProxy } from './counting-proxy.ts';
import { HttpClient } from './http-client.ts';
import { allMet, compareInBlocks, formatTable, type Comparison, type Row } from './measure.ts';
import { startBareServer, startService } from './service.ts';

/*
 * Times the service against the engine itself, on the same machine, in the same run:
 *   DOCKER_HOST=unix:///path/to/socket npm run bench
 * The engine must have the image local/probe:1 (test/engines/images/build.sh).
 */
const IMAGE = 'local/probe:1';
const JOBS = 12;
const POLLS = 2_000;

const dockerHost = process.env['DOCKER_HOST'] ?? 'unix:///var/run/docker.sock';
const engine = new HttpClient({ socketPath: dockerHost.replace('unix://', '') });
const store = await mkdtemp(join(tmpdir(), 'pman-bench-'));
await mkdir(join(store, 'in'));
await mkdir(join(store, 'out'));
const settings = { DOCKER_HOST: dockerHost, STORAGE_TYPE: 'host', STOREBASE: store };
const service = await startService(settings);
const ours = new HttpClient({ host: '127.0.0.1', port: service.port });
const isPodman = (await expectStatus(engine.send('GET', '/version'), 200)).includes('Podman');

try {
  const rows = [
    await getRow(),
    ...(await writeRows()),
    await callsRow(),
    await startRow(),
    figure('R13', 'resident memory, idle', await service.residentMebibytes(), 'MiB', 130),
  ];
  process.stdout.write(`${isPodman ? 'Podman' : 'Docker'}\n${formatTable(rows)}\n`);
  await writeFile('bench-results.json', `${JSON.stringify(rows, null, 2)}\n`);
  process.exitCode = allMet(rows) ? 0 : 1;
} finally {
  await service.stop();
  engine.close();
  ours.close();
  await rm(store, { recursive: true, force: true });
}

/** R1: one poll of a finished job with a short log. */
async function getRow(): Promise<Row> {
  const jid = 'bench-get';
  await submit(jid, 'echo hello');
  await finished(jid);
  const comparison = await compareInBlocks(
    10,
    200,
    () => expectStatus(engine.send('GET', `/containers/${jid}/json`), 200),
    () => expectStatus(ours.send('GET', `/api/v1/${jid}/`), 200),
  );
  await expectStatus(ours.send('DELETE', `/api/v1/${jid}/`), 204);
  return row('R1', 'GET of a known job / inspect', comparison, isPodman ? 0.35 : 1);
}

/** R7 and R9: the same containers, made and removed by us and by the engine alone. */
async function writeRows(): Promise<Row[]> {
  const created = await compareInBlocks(
    3,
    JOBS / 3,
    async (call) => {
      const path = `/containers/create?name=bench-direct-${call}`;
      await expectStatus(engine.send('POST', path, directContainer()), 201);
      await expectStatus(engine.send('POST', `/containers/bench-direct-${call}/start`), 204);
    },
    (call) => submit(`bench-ours-${call}`, 'true'),
  );
  for (let call = 0; call < JOBS; call += 1) await finished(`bench-ours-${call}`);
  const removed = await compareInBlocks(
    3,
    JOBS / 3,
    (call) =>
      expectStatus(engine.send('DELETE', `/containers/bench-direct-${call}?force=1&v=1`), 204, 200),
    (call) => expectStatus(ours.send('DELETE', `/api/v1/bench-ours-${call}/`), 204),
  );
  return [
    row('R7', 'POST / create and start', created, 1.05),
    row('R9', 'DELETE / forced removal', removed, 1.15),
  ];
}

/** R12: from the start of the process to its first answer, beside the smallest server of the runtime. */
async function startRow(): Promise<Row> {
  const bare = await startBareServer();
  const value = service.startedAfter / bare;
  const operation = 'start to the first 200 / of a bare server';
  const times = { direct: bare, ours: service.startedAfter, unit: 'ms' };
  return { id: 'R12', operation, ...times, value, bar: 12, range: [value, value] };
}

/** R11: what a thousand polls of a running job cost the engine, beside its lists and events. */
async function callsRow(): Promise<Row> {
  const socket = join(tmpdir(), `pman-bench-${process.pid}.sock`);
  const proxy = await startCountingProxy(dockerHost.replace('unix://', ''), socket);
  const counted = await startService({ ...settings, DOCKER_HOST: `unix://${socket}` });
  const client = new HttpClient({ host: '127.0.0.1', port: counted.port });
  try {
    await submit('bench-calls', 'sleep 60', client);
    await sleep(2_000);
    const before = proxy.calls();
    for (let poll = 0; poll < POLLS; poll += 1) {
      await expectStatus(client.send('GET', '/api/v1/bench-calls/'), 200);
    }
    const calls = proxy.calls() - before;
    await expectStatus(client.send('DELETE', '/api/v1/bench-calls/'), 204);
    return figure('R11', 'engine calls a poll', calls / POLLS, '', 0.02);
  } finally {
    client.close();
    await counted.stop();
    proxy.close();
    await rm(socket, { force: true });
  }
}

function row(id: string, operation: string, comparison: Comparison, bar: number): Row {
  return { id, operation, unit: 'ms', bar, ...comparison };
}

/** A figure that is judged by itself. */
function figure(id: string, operation: string, value: number, unit: string, bar: number): Row {
  return {
    id,
    operation,
    direct: Number.NaN,
    ours: value,
    unit,
    value,
    bar,
    range: [value, value],
  };
}

async function submit(jid: string, script: string, client = ours): Promise<void> {
  const job = {
    jid,
    args: ['-c', script],
    auid: 'bench',
    number_of_workers: 1,
    cpu_limit: 1_000,
    memory_limit: 200,
    gpu_limit: 0,
    image: IMAGE,
    entrypoint: ['sh'],
    type: 'fs',
    input_dir: 'in',
    output_dir: 'out',
  };
  await expectStatus(client.send('POST', '/api/v1/', job), 201);
}

async function finished(jid: string): Promise<void> {
  for (let poll = 0; poll < 600; poll += 1) {
    const body = await expectStatus(ours.send('GET', `/api/v1/${jid}/`), 200);
    if (body.includes('"finishedSuccessfully"')) return;
    await sleep(50);
  }
  throw new Error(`${jid} did not finish`);
}

async function expectStatus(
  answer: Promise<{ readonly status: number; readonly body: string }>,
  ...expected: readonly number[]
): Promise<string> {
  const { status, body } = await answer;
  if (!expected.includes(status)) throw new Error(`${status} in place of ${expected[0]}: ${body}`);
  return body;
}

/** The same container as ours, in the engine's own words. */
function directContainer(): unknown {
  const bind = { Type: 'bind' };
  const memory = 200 * 1024 * 1024;
  const nofile = { Name: 'nofile', Soft: 1_024, Hard: 4_096 };
  const nproc = { Name: 'nproc', Soft: 4_096, Hard: 4_096 };
  return {
    Image: IMAGE,
    Cmd: ['sh', '-c', 'true', '/share/outgoing'],
    HostConfig: {
      Mounts: [
        { ...bind, Source: join(store, 'in'), Target: '/share/incoming', ReadOnly: true },
        { ...bind, Source: join(store, 'out'), Target: '/share/outgoing' },
      ],
      PidsLimit: 4_096,
      Ulimits: isPodman ? [nofile, nproc] : [nofile],
      CpuPeriod: 100_000,
      CpuQuota: 100_000,
      Memory: memory,
      MemorySwap: memory,
      SecurityOpt: ['no-new-privileges'],
      CapDrop: ['ALL'],
      CapAdd: ['CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'SETUID', 'SETGID', 'KILL'],
      RestartPolicy: { Name: 'no' },
      LogConfig: { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '3' } },
    },
  };
}
