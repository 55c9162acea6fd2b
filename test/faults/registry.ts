import axios from 'axios';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { FaultRig } from './fault-rig.js';
import { until } from './faulty-engine.js';

const run = promisify(execFile);
const START_DEADLINE_MS = 10_000;
const USER = 'puller';
const PASSWORD = 'correct horse';

/** A registry of Debian's package on a port of this host. */
export interface Registry {
  readonly port: number;
  /** The content of an authentication file that knows its user. */
  authFor(port: number): string;
  close(): Promise<void>;
}

export async function startRegistry(folder: string, isClosed: boolean): Promise<Registry> {
  await mkdir(folder, { recursive: true });
  const port = await freePort();
  const { stdout } = await run('htpasswd', ['-Bbn', USER, PASSWORD]);
  await writeFile(join(folder, 'htpasswd'), stdout);
  const auth = `auth: { htpasswd: { realm: test, path: ${join(folder, 'htpasswd')} } }`;
  const config = [
    'version: 0.1',
    'log: { level: error }',
    `storage: { filesystem: { rootdirectory: ${join(folder, 'data')} } }`,
    `http: { addr: "127.0.0.1:${port}" }`,
    ...(isClosed ? [auth] : []),
  ];
  const file = join(folder, 'config.yml');
  await writeFile(file, `${config.join('\n')}\n`);
  const child = spawn('docker-registry', ['serve', file], { stdio: 'ignore' });
  const answers = () =>
    axios.get(`http://127.0.0.1:${port}/v2/`, { validateStatus: () => true }).then(
      () => true,
      () => false,
    );
  await until(answers, START_DEADLINE_MS);
  return {
    port,
    authFor: (at) => JSON.stringify({ auths: { [`127.0.0.1:${at}`]: { auth: basic() } } }),
    async close() {
      const ended = once(child, 'exit');
      child.kill();
      await ended;
    },
  };
}

const basic = (): string => Buffer.from(`${USER}:${PASSWORD}`).toString('base64');

/** Puts an image with so many bytes of its own into the registry, which the engine then forgets. */
export async function publish(
  { engine: { http } }: FaultRig,
  registry: Registry,
  name: string,
  bytes: number,
): Promise<void> {
  const Cmd = ['sh', '-c', `head -c ${bytes} /dev/urandom >/blob`];
  const created = await http.post<{ Id: string }>('/containers/create', {
    Image: 'local/probe:1',
    Cmd,
  });
  const { Id } = created.data;
  await http.post(`/containers/${Id}/start`);
  await http.post(`/containers/${Id}/wait`);
  const repository = `127.0.0.1:${registry.port}/${name}`;
  const query = new URLSearchParams({ container: Id, repo: repository, tag: '1' });
  await http.post(`/commit?${query.toString()}`, { Cmd: ['/bin/sh'] });
  await http.delete(`/containers/${Id}?force=1`);
  const headers = {
    'X-Registry-Auth': Buffer.from(JSON.stringify({ username: USER, password: PASSWORD })).toString(
      'base64',
    ),
  };
  const pushed = await http.post<string>(`/images/${repository}/push?tag=1`, undefined, {
    headers,
  });
  if (/"error"/.test(pushed.data)) throw new Error(`not published: ${pushed.data}`);
  await http.delete(`/images/${repository}:1?force=1`);
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
