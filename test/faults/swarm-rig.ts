import { execFile, spawn } from 'node:child_process';
import { openSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import axios, { type AxiosInstance } from 'axios';
import { createStore, Harness, removeStore } from '../contract/harness.js';
import { startServiceProcess } from '../contract/service-process.js';
import { swarmTarget } from '../contract/targets/swarm-target.js';
import { startFaultProxy, type FaultProxy } from './fault-proxy.js';
import { until } from './faulty-engine.js';

const run = promisify(execFile);
const ENGINES = fileURLToPath(new URL('../engines/', import.meta.url));
const UP_DEADLINE_MS = 110_000;
const SETTLE_MS = 60_000;
const OWN = JSON.stringify({ label: ['org.chrisproject.pman.managed-by=pman'] });

/** As much of a node as the suite looks at. */
interface NodeSeen {
  readonly ID: string;
  readonly Version: { readonly Index: number };
  readonly Spec: { readonly Role: string; readonly Availability: string };
  readonly Status: { readonly State: string };
  readonly ManagerStatus?: { readonly Leader?: boolean; readonly Reachability: string };
}

/** As much of a node's own view as the suite looks at. */
interface SwarmSeen {
  readonly LocalNodeState: string;
  readonly NodeID: string;
  readonly ControlAvailable: boolean;
  /** Words of trouble; absent without any. */
  readonly Error?: string;
}

/** One engine of the swarm, to be killed, frozen and started again. */
export class SwarmNode {
  id = '';

  constructor(readonly socketPath: string) {}

  get http(): AxiosInstance {
    const { socketPath } = this;
    return axios.create({ socketPath, baseURL: 'http://engine', validateStatus: () => true });
  }

  async freeze(): Promise<void> {
    process.kill(await this.pid(), 'SIGSTOP');
  }

  async thaw(): Promise<void> {
    process.kill(await this.pid(), 'SIGCONT');
  }

  /** As a power cut would. @returns what starts the same engine again */
  async kill(): Promise<() => Promise<void>> {
    const pid = await this.pid();
    const argv = (await readFile(`/proc/${pid}/cmdline`, 'utf8')).split('\0').slice(0, -1);
    process.kill(pid, 'SIGKILL');
    return () => this.startAgain(argv);
  }

  /** What the engine says of its swarm. */
  async swarm(): Promise<SwarmSeen> {
    return (await this.http.get<{ Swarm: SwarmSeen }>('/info')).data.Swarm;
  }

  private async pid(): Promise<number> {
    return Number((await readFile(this.pidFile, 'utf8')).split(' ')[0]);
  }

  private get pidFile(): string {
    return join(dirname(this.socketPath), 'dockerd.pid');
  }

  /** In the network namespace where its containerd still is. */
  private async startAgain(argv: readonly string[]): Promise<void> {
    const folder = dirname(this.socketPath);
    const [containerd = ''] = (await readFile(join(folder, 'containerd.pid'), 'utf8')).split(' ');
    const log = openSync(join(folder, 'log', 'again.log'), 'a');
    const child = spawn('nsenter', [`--net=/proc/${containerd}/ns/net`, ...argv], {
      detached: true,
      stdio: ['ignore', log, log],
    });
    child.unref();
    const stat = await readFile(`/proc/${child.pid}/stat`, 'utf8');
    // As the scripts record it, so that they end it too.
    await writeFile(
      this.pidFile,
      `${child.pid} ${stat.slice(stat.lastIndexOf(')')).split(' ')[20]}\n`,
    );
    const isActive = () => this.swarm().then(({ LocalNodeState }) => LocalNodeState === 'active');
    await until(() => isActive().catch(() => false), SETTLE_MS);
  }
}

/** A swarm of three managers, a proxy in front of the second, and services that know it by that. */
export class SwarmRig {
  private readonly harnesses: Harness[] = [];

  private constructor(
    private readonly name: string,
    readonly nodes: readonly [SwarmNode, SwarmNode, SwarmNode],
    readonly proxy: FaultProxy,
    private readonly proxyPath: string,
    readonly store: string,
  ) {}

  /** @param name of the engines' folders: short, and no other spec's */
  static async up(name: string): Promise<SwarmRig> {
    const { stdout } = await script('swarm/nodes-up.sh', name);
    const socket = (n: number): string =>
      new RegExp(`DOCKER_HOST_${n}=unix://(\\S+)`).exec(stdout)?.[1] ?? '';
    const nodes = [1, 2, 3].map((n) => new SwarmNode(socket(n)));
    const [first, second, third] = nodes as [SwarmNode, SwarmNode, SwarmNode];
    for (const node of nodes) {
      node.id = (await node.swarm()).NodeID;
      await script('images/build.sh', name, ['docker', `unix://${node.socketPath}`]);
    }
    const proxyPath = join(dirname(second.socketPath), 'proxy.sock');
    const proxy = await startFaultProxy({ socketPath: proxyPath }, second);
    const rig = new SwarmRig(name, [first, second, third], proxy, proxyPath, await createStore());
    await until(async () => (await rig.reachable()) === nodes.length, SETTLE_MS);
    return rig;
  }

  /** Starts a service at the rig's one store. @param node the second without it, through the proxy */
  async serve(
    variables: Readonly<Record<string, string>> = {},
    node?: SwarmNode,
  ): Promise<Harness> {
    const service = await startServiceProcess({
      CONTAINER_ENV: 'swarm',
      STORAGE_TYPE: 'host',
      STOREBASE: this.store,
      DOCKER_HOST: `unix://${node?.socketPath ?? this.proxyPath}`,
      ...variables,
    });
    const harness = new Harness(swarmTarget(), service, this.store);
    this.harnesses.push(harness);
    return harness;
  }

  /** How many managers the second one reaches, while there is a leader. */
  async reachable(): Promise<number> {
    const nodes = await this.listNodes();
    return nodes.filter(({ ManagerStatus }) => ManagerStatus?.Reachability === 'reachable').length;
  }

  async stateOf(node: SwarmNode): Promise<string | undefined> {
    return (await this.listNodes()).find(({ ID }) => ID === node.id)?.Status.State;
  }

  /** Changes what the swarm wants of a node: its role, its availability, its labels. */
  async change(node: SwarmNode, wish: object): Promise<void> {
    const seen = (await this.listNodes()).find(({ ID }) => ID === node.id);
    const path = `/nodes/${node.id}/update?version=${seen?.Version.Index}`;
    const { status } = await this.nodes[1].http.post(path, { ...seen?.Spec, ...wish });
    if (status !== 200) throw new Error(`the swarm answers ${status}`);
  }

  /** The services of jobs, by name. */
  async services(): Promise<readonly string[]> {
    const { data } = await this.nodes[1].http.get<{ Spec: { Name: string } }[]>('/services', {
      params: { filters: OWN },
    });
    return data.map(({ Spec }) => Spec.Name);
  }

  async down(): Promise<void> {
    await this.proxy.close();
    await Promise.all(this.harnesses.map((harness) => harness.stop()));
    await removeStore(this.store);
    await Promise.all(this.nodes.map((node) => node.thaw().catch(() => undefined)));
    await script('swarm/nodes-down.sh', this.name);
  }

  private async listNodes(): Promise<readonly NodeSeen[]> {
    const { data, status } = await this.nodes[1].http.get<readonly NodeSeen[]>('/nodes');
    return status === 200 ? data : [];
  }
}

function script(path: string, name: string, args: readonly string[] = []) {
  return run('bash', [`${ENGINES}${path}`, ...args], {
    timeout: UP_DEADLINE_MS,
    env: { ...process.env, NAME: name },
  });
}
