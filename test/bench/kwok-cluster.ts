import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const SCRIPTS = fileURLToPath(new URL('../engines/kubernetes/', import.meta.url));
const NAME = 'bench-k8s';
const NODES = 20;
const PODS_PER_NODE = 2_000;

/** A throw-away cluster with real controllers, and nodes that kwok plays: label `type=kwok`. */
export class KwokCluster {
  readonly kubeconfig: string;

  private readonly kwok: ChildProcess;

  private constructor(kubeconfig: string, kwok: ChildProcess) {
    this.kubeconfig = kubeconfig;
    this.kwok = kwok;
  }

  static async up(): Promise<KwokCluster> {
    const { stdout } = await run(`${SCRIPTS}up.sh`, { env: { ...process.env, NAME } });
    const kubeconfig = /KUBECONFIG=(\S+)\s*$/.exec(stdout)?.[1] ?? '';
    return new KwokCluster(kubeconfig, await startNodes(kubeconfig));
  }

  async down(): Promise<void> {
    this.kwok.kill('SIGKILL');
    await run(`${SCRIPTS}down.sh`, { env: { ...process.env, NAME } });
  }
}

async function startNodes(kubeconfig: string): Promise<ChildProcess> {
  const { stdout } = await run(`${SCRIPTS}kwok.sh`, { maxBuffer: 2 ** 24 });
  const kwok = stdout.trim().split('\n').at(-1) ?? '';
  const items = Array.from({ length: NODES }, (_, index) => nodeObject(`kwok-${index}`));
  const file = join(dirname(kubeconfig), 'nodes.json');
  await writeFile(file, JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
  await kubectl(kubeconfig, 'apply', '-f', file);
  const args = ['--kubeconfig', kubeconfig, '--config', `${SCRIPTS}kwok-stages.yaml`];
  const own = ['--manage-nodes-with-label-selector', 'type=kwok', '--cidr', '10.9.0.1/16'];
  const child = spawn(kwok, [...args, ...own], { stdio: 'ignore' });
  await kubectl(kubeconfig, 'wait', '--for', 'condition=Ready', 'node', '--all', '--timeout=60s');
  return child;
}

function nodeObject(name: string): object {
  const room = { cpu: '10000', memory: '100Ti', pods: String(PODS_PER_NODE) };
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels: { type: 'kwok' } },
    status: { allocatable: room, capacity: room },
  };
}

/** What `kubectl` prints. */
export async function kubectl(kubeconfig: string, ...args: string[]): Promise<string> {
  const env = { ...process.env, KUBECONFIG: kubeconfig };
  return (await run('kubectl', args, { env, maxBuffer: 2 ** 30 })).stdout;
}
