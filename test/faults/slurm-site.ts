import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { setTimeout as sleep } from 'node:timers/promises';

const run = promisify(execFile);
const ENGINES = fileURLToPath(new URL('../engines/', import.meta.url));
const UP_DEADLINE_MS = 180_000;
const CALL_DEADLINE_MS = 20_000;
const STEP_MS = 100;
/** What no client of a user sends: daemons of nodes, and `sdiag` itself. */
const OF_NODES_AND_STAFF = /^REQUEST_(?:STATS_INFO|COMPLETE_\w+|STEP_COMPLETE)$/;

/** A throw-away SLURM of one spec's own, with what its staff and its power supply do to it. */
export class SlurmSite {
  private constructor(
    private readonly variables: Readonly<Record<string, string>>,
    readonly configuration: string,
    /** What jobs call as podman. */
    readonly runtime: string,
    /** Address of its slurmrestd; empty when it was not asked for. */
    readonly rest: string,
  ) {}

  /** @param variables of up.sh; NAME is a short one that no other spec has */
  static async up(variables: Readonly<Record<string, string>>): Promise<SlurmSite> {
    const told = await script('slurm/up.sh', variables);
    const named = (name: string): string =>
      new RegExp(`^${name}=(\\S+)$`, 'm').exec(told)?.[1] ?? '';
    await script('images/build.sh', variables, 'podman', named('DOCKER_HOST'));
    return new SlurmSite(variables, named('SLURM_CONF'), named('RUNTIME'), named('SLURMRESTD_URL'));
  }

  private get folder(): string {
    return dirname(this.runtime);
  }

  /** What a command of SLURM prints. @throws with its words when it fails */
  async call(program: string, ...args: readonly string[]): Promise<string> {
    const { stdout } = await run(program, [...args], {
      env: { ...process.env, SLURM_CONF: this.configuration },
      timeout: CALL_DEADLINE_MS,
    });
    return stdout.trim();
  }

  /** SLURM's numbers of the jobs of this name that wait or run, the oldest first. */
  async jobs(name: string): Promise<readonly string[]> {
    const text = await this.call('squeue', '--noheader', `--name=${name}`, '--format=%A');
    return text
      .split('\n')
      .filter((line) => line !== '')
      .toSorted();
  }

  /** The number of the one job of this name. */
  async job(name: string): Promise<string> {
    const [number, ...others] = await this.jobs(name);
    if (number === undefined || others.length > 0) throw new Error(`${name} is not one job`);
    return number;
  }

  /** Waits until a command prints what is expected. */
  async until(expected: RegExp, program: string, ...args: readonly string[]): Promise<void> {
    const end = performance.now() + CALL_DEADLINE_MS;
    for (;;) {
      const text = await this.call(program, ...args).catch(String);
      if (expected.test(text)) return;
      if (performance.now() > end) throw new Error(`${program} still says: ${text}`);
      await sleep(STEP_MS);
    }
  }

  /** How often the controller was asked for anything so far, but by its nodes and by this question. */
  async questions(): Promise<number> {
    const text = await this.call('sdiag');
    const types = text.slice(text.indexOf('message type'), text.indexOf('by user'));
    const counts = [...types.matchAll(/^\s*(REQUEST_\w+)\s.*?count:(\d+)/gm)];
    if (counts.length === 0) throw new Error(`sdiag counts nothing: ${text}`);
    return counts
      .filter(([, type = '']) => !OF_NODES_AND_STAFF.test(type))
      .reduce((sum, [, , count]) => sum + Number(count), 0);
  }

  async signalController(signal: NodeJS.Signals): Promise<void> {
    process.kill(await this.pidOf('slurmctld'), signal);
  }

  /** Starts what has ended of it, and waits until all of it answers. */
  async repair(): Promise<void> {
    await script('slurm/up.sh', this.variables);
  }

  /** As if the power of the node had gone: its daemon and the job's processes end at once. */
  async cutPower(node: string, job: string): Promise<void> {
    process.kill(await this.pidOf(`slurmd.${node}`), 'SIGKILL');
    const { supervisors, others } = await this.processesOf(job);
    for (const pid of [...supervisors, ...others]) process.kill(pid, 'SIGKILL');
    await this.endContainers();
  }

  /** Takes the second node off the network; `repair` brings it back. */
  async cutLink(): Promise<void> {
    const text = await readFile(this.configuration, 'utf8');
    const address = /^SlurmctldHost=\S+\((10\.\S+)\)$/m.exec(text)?.[1] ?? 'none';
    const { stdout } = await run('ip', ['-oneline', 'address', 'show', 'to', `${address}/32`]);
    const link = /^\d+: (\S+) /.exec(stdout)?.[1] ?? 'none';
    await run('ip', ['link', 'set', link, 'down']);
  }

  /** The script of a job, which gets no chance to write anything, and the container with it. */
  async killScript(job: string): Promise<void> {
    const { others } = await this.processesOf(job);
    for (const pid of others) process.kill(pid, 'SIGKILL');
    await this.endContainers();
  }

  /** The names of the containers that there are. */
  async containers(): Promise<readonly string[]> {
    const { stdout } = await run(this.runtime, ['ps', '--all', '--format={{.Names}}']);
    return stdout.split('\n').filter((line) => line !== '');
  }

  async down(): Promise<void> {
    await this.signalController('SIGCONT').catch(() => undefined);
    await script('slurm/down.sh', this.variables);
  }

  private async pidOf(daemon: string): Promise<number> {
    const [pid] = (await readFile(join(this.folder, `${daemon}.pid`), 'utf8')).split(' ');
    return Number(pid);
  }

  private async endContainers(): Promise<void> {
    await run(this.runtime, ['rm', '--all', '--force', '--time', '0']);
  }

  /** SLURM's own are told by their title, all by the configuration that is theirs. */
  private async processesOf(job: string): Promise<Processes> {
    const supervisors: number[] = [];
    const others: number[] = [];
    for (const entry of await readdir('/proc')) {
      if (!/^\d+$/.test(entry)) continue;
      const read = (file: string): Promise<string> =>
        readFile(`/proc/${entry}/${file}`, 'utf8').catch(() => '');
      const environment = (await read('environ')).split('\0');
      if (!environment.includes(`SLURM_CONF=${this.configuration}`)) continue;
      const title = await read('cmdline');
      if (title.startsWith(`slurmstepd: [${job}.`)) supervisors.push(Number(entry));
      else if (environment.includes(`SLURM_JOB_ID=${job}`)) others.push(Number(entry));
    }
    return { supervisors, others };
  }
}

interface Processes {
  readonly supervisors: readonly number[];
  readonly others: readonly number[];
}

async function script(
  path: string,
  variables: Readonly<Record<string, string>>,
  ...args: readonly string[]
): Promise<string> {
  const { stdout } = await run('bash', [`${ENGINES}${path}`, ...args], {
    timeout: UP_DEADLINE_MS,
    env: { ...process.env, ...variables },
  });
  return stdout;
}
