import axios, { type AxiosInstance, type AxiosResponse } from 'axios';
import { execFile, spawn } from 'node:child_process';
import { openSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { EngineObject } from '../checker/history.js';

const run = promisify(execFile);
const ENGINES = fileURLToPath(new URL('../../engines/', import.meta.url));
const SCRIPT_DEADLINE_MS = 120_000;
/** Of one attempt, on a machine that may have much else to do. */
const START_DEADLINE_MS = 30_000;
const POLL_MS = 50;
export const LABEL_PREFIX = 'org.chrisproject.pman.';
const OURS = encodeURIComponent(JSON.stringify({ label: [`${LABEL_PREFIX}managed-by=pman`] }));

export type EngineKind = 'docker' | 'podman';

export interface Inspected {
  readonly Id: string;
  readonly Config: { readonly Labels: Readonly<Record<string, string>> };
  readonly State: {
    readonly Status: string;
    readonly ExitCode: number;
    readonly StartedAt: string;
  };
  readonly Mounts: readonly { readonly Source: string; readonly Destination: string }[];
}

interface Command {
  readonly argv: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

/** A throw-away engine of its own, which can be killed and started again with all it has. */
export class Engine {
  readonly http: AxiosInstance;
  /** Of the first start: a process that has gone cannot be asked. */
  private command: Command | undefined;

  private constructor(
    readonly kind: EngineKind,
    readonly socketPath: string,
    private readonly name: string,
  ) {
    this.http = axios.create({
      socketPath,
      baseURL: 'http://engine',
      validateStatus: () => true,
      timeout: 20_000,
    });
  }

  /** Starts it, or takes the one that runs under that name already. */
  static async up(kind: EngineKind, name: string): Promise<Engine> {
    const { stdout } = await script(`${kind}/up.sh`, name);
    const socketPath = /DOCKER_HOST=unix:\/\/(\S+)\s*$/.exec(stdout)?.[1] ?? '';
    await script('images/build.sh', name, [kind, `unix://${socketPath}`]);
    const engine = new Engine(kind, socketPath, name);
    engine.command = await commandOf(await engine.pid());
    await engine.removeAll();
    return engine;
  }

  async down(): Promise<void> {
    await script(`${this.kind}/down.sh`, this.name);
  }

  async signal(name: NodeJS.Signals): Promise<void> {
    process.kill(await this.pid(), name);
  }

  /** Sends a signal that ends it and waits for its end, killing it when it takes too long. */
  async end(name: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const pid = await this.pid();
    if (!(await isAlive(pid))) return;
    process.kill(pid, name);
    const deadline = performance.now() + 20_000;
    while (await isAlive(pid)) {
      if (performance.now() > deadline) process.kill(pid, 'SIGKILL');
      await sleep(POLL_MS);
    }
  }

  /** Starts it as it was started at first; what it kept on disk is there again. */
  async start(): Promise<void> {
    if (!(await isAlive(await this.pid()))) await this.spawn();
    await this.answers();
  }

  private async spawn(): Promise<void> {
    const { argv = [], environment = {} } = this.command ?? {};
    const [program = '', ...args] = argv;
    // A number that another process has by now would keep dockerd from starting.
    const pidFile = args[args.indexOf('--pidfile') + 1];
    if (args.includes('--pidfile') && pidFile !== undefined) await rm(pidFile, { force: true });
    if (this.kind === 'podman') await rm(this.socketPath, { force: true });
    const log = openSync(join(dirname(this.pidFile), 'log', 'restarts.log'), 'a');
    const child = spawn(program, args, {
      env: environment,
      detached: true,
      stdio: ['ignore', log, log],
    });
    child.unref();
    const pid = child.pid ?? 0;
    await writeFile(this.pidFile, `${pid} ${(await statOf(pid))?.startedAt ?? ''}\n`);
  }

  /** Waits until it answers. */
  async answers(): Promise<void> {
    const deadline = performance.now() + START_DEADLINE_MS;
    for (;;) {
      const answer = await this.http.get('/_ping', { timeout: 2_000 }).catch(() => undefined);
      if (answer?.status === 200) return;
      if (performance.now() > deadline) throw new Error(`${this.kind} does not start again`);
      await sleep(POLL_MS);
    }
  }

  /** What the service has made and not removed. */
  async inspectOurs(): Promise<readonly Inspected[]> {
    const path = `/containers/json?all=1&filters=${OURS}`;
    const listed = expectOk(await this.http.get<{ Id: string }[]>(path)).data;
    const inspected = listed.map(({ Id }) => this.http.get<Inspected>(`/containers/${Id}/json`));
    // What goes between the list and the look is not there any more.
    return (await Promise.all(inspected)).filter(({ status }) => status === 200).map(getData);
  }

  async removeAll(): Promise<void> {
    for (const { Id } of await this.inspectOurs()) {
      await this.http.delete(`/containers/${Id}?force=1&v=1`);
    }
  }

  private get pidFile(): string {
    const file = this.kind === 'docker' ? 'dockerd.pid' : 'podman.pid';
    return join(dirname(this.socketPath), file);
  }

  private async pid(): Promise<number> {
    return Number.parseInt(await readFile(this.pidFile, 'utf8'), 10);
  }
}

/** @param store the folder that specs are relative to */
export function toObject({ Id, Config, State, Mounts }: Inspected, store: string): EngineObject {
  const outgoing = Mounts.find(({ Destination }) => Destination === '/share/outgoing')?.Source;
  const state = stateOf(State.Status);
  return {
    id: Id,
    jid: Config.Labels[`${LABEL_PREFIX}jid`] ?? '',
    spec: (outgoing ?? '').replace(`${store}/`, ''),
    worker: Number(Config.Labels[`${LABEL_PREFIX}worker`]),
    state,
    ...(state === 'ended' && { exitCode: State.ExitCode }),
  };
}

function stateOf(word: string): EngineObject['state'] {
  if (['created', 'configured', 'initialized'].includes(word)) return 'created';
  return ['exited', 'stopped', 'dead', 'removing'].includes(word) ? 'ended' : 'running';
}

function script(path: string, name: string, args: readonly string[] = []) {
  return run('bash', [join(ENGINES, path), ...args], {
    timeout: SCRIPT_DEADLINE_MS,
    env: { ...process.env, NAME: name },
  });
}

function expectOk<T>(answer: AxiosResponse<T>): AxiosResponse<T> {
  if (answer.status === 200) return answer;
  throw new Error(`the engine answers ${answer.status}: ${JSON.stringify(answer.data)}`);
}

function getData<T>({ data }: AxiosResponse<T>): T {
  return data;
}

async function commandOf(pid: number): Promise<Command> {
  const words = async (file: string): Promise<string[]> =>
    (await readFile(`/proc/${pid}/${file}`, 'utf8')).split('\0').slice(0, -1);
  const pairs = (await words('environ')).map((pair) => {
    const [name = '', ...value] = pair.split('=');
    return [name, value.join('=')] as const;
  });
  return { argv: await words('cmdline'), environment: Object.fromEntries(pairs) };
}

/** Fields 3 and 22 of proc(5)'s stat; the name before them may hold anything. */
async function statOf(pid: number) {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { state: fields[0], startedAt: fields[19] };
}

/** A zombie is dead: nobody may ever reap it. */
async function isAlive(pid: number): Promise<boolean> {
  const stat = await statOf(pid);
  return stat !== undefined && stat.state !== 'Z' && stat.state !== 'X';
}
