import { execFile, spawn } from 'node:child_process';
import { openSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import axios, { type AxiosInstance } from 'axios';

const run = promisify(execFile);
const ENGINES = fileURLToPath(new URL('../engines/', import.meta.url));
const UP_DEADLINE_MS = 120_000;
const END_DEADLINE_MS = 30_000;
const POLL_MS = 20;

export type EngineKind = 'docker' | 'podman';

export interface EngineOptions {
  /** Of the daemon. */
  readonly options?: readonly string[];
  /** Of the script that brings it up. */
  readonly variables?: Readonly<Record<string, string>>;
}

/** A throw-away engine of one spec's own, to be frozen, ended and started again. */
export class FaultyEngine {
  private constructor(
    readonly kind: EngineKind,
    private readonly name: string,
    readonly socketPath: string,
  ) {}

  static async up(kind: EngineKind, name: string, given: EngineOptions = {}) {
    const { stdout } = await script(`${kind}/up.sh`, name, given);
    const socketPath = /DOCKER_HOST=unix:\/\/(\S+)\s*$/.exec(stdout)?.[1] ?? '';
    return new FaultyEngine(kind, name, socketPath);
  }

  /** The folder of its sockets and files. */
  get folder(): string {
    return dirname(this.socketPath);
  }

  /** Asks the engine itself, past every proxy. */
  get http(): AxiosInstance {
    const { socketPath } = this;
    return axios.create({ socketPath, baseURL: 'http://engine', validateStatus: () => true });
  }

  /** It accepts connections and answers nothing. */
  async freeze(): Promise<void> {
    process.kill(await this.pid(), 'SIGSTOP');
  }

  async thaw(): Promise<void> {
    process.kill(await this.pid(), 'SIGCONT');
  }

  /** Asks the daemon to end. @returns what starts the same daemon again, with all that it knew */
  async end(): Promise<() => Promise<void>> {
    const pid = await this.pid();
    const argv = (await readFile(`/proc/${pid}/cmdline`, 'utf8')).split('\0').slice(0, -1);
    process.kill(pid, 'SIGTERM');
    await until(async () => (await startTime(pid)) === undefined, END_DEADLINE_MS);
    return () => this.startAgain(argv);
  }

  /** Brings a Podman service that has ended up again, with all that it knew. */
  async again(variables: Readonly<Record<string, string>>): Promise<void> {
    await script(`${this.kind}/up.sh`, this.name, { variables });
  }

  async down(): Promise<void> {
    // A frozen daemon could not end.
    await this.thaw().catch(() => undefined);
    await script(`${this.kind}/down.sh`, this.name);
  }

  async pid(): Promise<number> {
    return Number((await readFile(this.pidFile, 'utf8')).split(' ')[0]);
  }

  private get pidFile(): string {
    return join(this.folder, this.kind === 'docker' ? 'dockerd.pid' : 'podman.pid');
  }

  private async startAgain([command = '', ...words]: readonly string[]): Promise<void> {
    const log = openSync(join(this.folder, 'log', 'again.log'), 'a');
    const child = spawn(command, words, { detached: true, stdio: ['ignore', log, log] });
    child.unref();
    // As the scripts record it, so that they end it too.
    await writeFile(this.pidFile, `${child.pid} ${await startTime(child.pid ?? 0)}\n`);
    const answers = () =>
      this.http.get('/_ping').then(
        ({ status }) => status === 200,
        () => false,
      );
    await until(answers, UP_DEADLINE_MS);
  }
}

function script(path: string, name: string, { options = [], variables = {} }: EngineOptions = {}) {
  return run('bash', [`${ENGINES}${path}`, ...options], {
    timeout: UP_DEADLINE_MS,
    env: { ...process.env, ...variables, NAME: name },
  });
}

/** Of a live process, in the kernel's ticks; a zombie has ended. */
async function startTime(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return stat === '' || state === 'Z' || state === 'X' ? undefined : fields[18];
}

/** Waits for a condition. @throws when it does not hold in time */
export async function until(
  condition: () => Promise<boolean> | boolean,
  milliseconds: number,
): Promise<void> {
  const deadline = performance.now() + milliseconds;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`did not come true: ${condition.toString()}`);
    await sleep(POLL_MS);
  }
}
