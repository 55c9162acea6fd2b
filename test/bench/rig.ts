import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { HttpClient } from './http-client.ts';
import { startService, type BenchService } from './service.ts';

/** The engine must have it: test/engines/images/build.sh. */
const IMAGE = 'local/probe:1';

/** An engine, a service in front of it, a client for each, and a store. */
export interface Rig {
  readonly engine: HttpClient;
  readonly engineSocket: string;
  readonly isPodman: boolean;
  /** Whether the engine is a manager of a swarm, where the service then runs its jobs. */
  readonly isSwarm: boolean;
  readonly service: BenchService;
  readonly ours: HttpClient;
  readonly store: string;
  /** For a further service on the same engine and store. */
  readonly settings: Readonly<Record<string, string>>;
  submit(jid: string, script: string, client?: HttpClient): Promise<void>;
  finished(jid: string): Promise<void>;
  remove(jid: string, client?: HttpClient): Promise<void>;
  /** What the engine is asked for such a job, in its own words. */
  directContainer(): unknown;
  close(): Promise<void>;
}

export async function startRig(dockerHost: string): Promise<Rig> {
  const engineSocket = dockerHost.replace('unix://', '');
  const engine = new HttpClient({ socketPath: engineSocket });
  const store = await mkdtemp(join(tmpdir(), 'pman-bench-'));
  await mkdir(join(store, 'in'));
  await mkdir(join(store, 'out'));
  const isSwarm = (await expectStatus(engine.send('GET', '/info'), 200)).includes(
    '"ControlAvailable":true',
  );
  const settings = {
    ...(isSwarm && { CONTAINER_ENV: 'swarm' }),
    DOCKER_HOST: dockerHost,
    STORAGE_TYPE: 'host',
    STOREBASE: store,
  };
  const service = await startService(settings);
  const ours = new HttpClient({ host: '127.0.0.1', port: service.port });
  const isPodman = (await expectStatus(engine.send('GET', '/version'), 200)).includes('Podman');
  return {
    engine,
    engineSocket,
    isPodman,
    isSwarm,
    service,
    ours,
    store,
    settings,
    async submit(jid, script, client = ours) {
      await expectStatus(client.send('POST', '/api/v1/', job(jid, script)), 201);
    },
    async finished(jid) {
      for (let poll = 0; poll < 600; poll += 1) {
        const body = await expectStatus(ours.send('GET', `/api/v1/${jid}/`), 200);
        if (body.includes('"finishedSuccessfully"')) return;
        await sleep(50);
      }
      throw new Error(`${jid} did not finish`);
    },
    async remove(jid, client = ours) {
      await expectStatus(client.send('DELETE', `/api/v1/${jid}/`), 204);
    },
    directContainer: () => directContainer(store, isPodman),
    async close() {
      await service.stop();
      engine.close();
      ours.close();
      await rm(store, { recursive: true, force: true });
    },
  };
}

export async function expectStatus(
  answer: Promise<{ readonly status: number; readonly body: string }>,
  ...expected: readonly number[]
): Promise<string> {
  const { status, body } = await answer;
  if (!expected.includes(status)) throw new Error(`${status} in place of ${expected[0]}: ${body}`);
  return body;
}

function job(jid: string, script: string): unknown {
  return {
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
}

function directContainer(store: string, isPodman: boolean): unknown {
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
