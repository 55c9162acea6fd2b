import { KubeConfig } from '@kubernetes/client-node';
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const SCRIPTS = fileURLToPath(new URL('../engines/kubernetes/', import.meta.url));
/** With the build of Kubernetes, where nobody has built it before. */
const UP_DEADLINE_MS = 1_800_000;
const CALL_DEADLINE_MS = 60_000;
const MOST_OUTPUT_BYTES = 256 * 1024 * 1024;

/** A throw-away cluster of one spec's own, with what an administrator does to it. */
export class FaultyCluster {
  private constructor(
    private readonly name: string,
    readonly kubeconfig: string,
  ) {}

  /** @param variables of the script that brings it up */
  static async up(name: string, variables: Readonly<Record<string, string>> = {}) {
    const { stdout } = await script('up.sh', name, variables);
    const kubeconfig = /KUBECONFIG=(\S+)\s*$/.exec(stdout)?.[1];
    if (kubeconfig === undefined) throw new Error(`up.sh named no KUBECONFIG: ${stdout}`);
    return new FaultyCluster(name, kubeconfig);
  }

  /** The folder of its keys and logs. */
  get folder(): string {
    return dirname(this.kubeconfig);
  }

  /** Where the API server is, and the administrator's keys. */
  get server(): {
    readonly host: string;
    readonly port: number;
    readonly tls: { readonly ca: string; readonly cert: string; readonly key: string };
  } {
    const config = new KubeConfig();
    config.loadFromFile(this.kubeconfig);
    const { hostname, port } = new URL(config.getCurrentCluster()?.server ?? '');
    const { certData = '', keyData = '' } = config.getCurrentUser() ?? {};
    const decode = (text: string): string => Buffer.from(text, 'base64').toString();
    return {
      host: hostname,
      port: Number(port === '' ? 443 : port),
      tls: {
        ca: decode(config.getCurrentCluster()?.caData ?? ''),
        cert: decode(certData),
        key: decode(keyData),
      },
    };
  }

  /** What `kubectl` prints. @throws with its words when it fails */
  async kubectl(...args: readonly string[]): Promise<string> {
    const { stdout } = await run('kubectl', [...args], {
      env: { ...process.env, KUBECONFIG: this.kubeconfig },
      timeout: CALL_DEADLINE_MS,
      maxBuffer: MOST_OUTPUT_BYTES,
    });
    return stdout;
  }

  /** Creates or changes objects. */
  async apply(...objects: readonly object[]): Promise<void> {
    const file = join(this.folder, `apply-${process.pid}-${applied++}.json`);
    await writeFile(file, JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }));
    await this.kubectl('apply', '--filename', file);
  }

  /** A kubeconfig for the same cluster by another way. */
  async writeKubeconfig(name: string, cluster: object, user: object = {}): Promise<string> {
    const file = join(this.folder, name);
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'k', cluster }],
      users: [{ name: 'k', user }],
      contexts: [{ name: 'k', context: { cluster: 'k', user: 'k', namespace: 'default' } }],
      'current-context': 'k',
    };
    // JSON is YAML.
    await writeFile(file, JSON.stringify(config), { mode: 0o600 });
    return file;
  }

  /** The node's agent says and does nothing more; its pods go on. */
  async freezeNode(): Promise<void> {
    const pids = await this.kubelets();
    if (pids.length === 0) throw new Error('the node has no agent to freeze');
    for (const pid of pids) process.kill(pid, 'SIGSTOP');
  }

  async thawNode(): Promise<void> {
    for (const pid of await this.kubelets()) process.kill(pid, 'SIGCONT');
  }

  async down(): Promise<void> {
    await this.thawNode().catch(() => undefined);
    await script('down.sh', this.name);
  }

  /** Of this cluster only: they are told by its folder in their arguments. */
  private async kubelets(): Promise<readonly number[]> {
    const { stdout } = await run('ps', ['-eo', 'pid=']);
    const pids = stdout.split('\n').map(Number);
    const commands = await Promise.all(
      pids.map(async (pid) => {
        const words = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
        return { pid, argv: words.split('\0') };
      }),
    );
    const settings = join(this.folder, 'kubelet.yaml');
    return commands.flatMap(({ pid, argv }) => (argv.includes(settings) ? [pid] : []));
  }
}

let applied = 0;

function script(file: string, name: string, variables: Readonly<Record<string, string>> = {}) {
  return run('bash', [`${SCRIPTS}${file}`], {
    timeout: UP_DEADLINE_MS,
    env: { ...process.env, ...variables, NAME: name },
  });
}
