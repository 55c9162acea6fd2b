import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { KubernetesApi } from './kubernetes-api.js';

const SECRET = 'a-token-that-nobody-may-read';
const within = (ms: number): AbortSignal => AbortSignal.timeout(ms);

let folder = '';
let servers: Server[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pman-kubeconfig-'));
});
afterEach(async () => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
  servers = [];
  await rm(folder, { recursive: true });
});

/** A server of a version; what it was asked. */
async function serve(): Promise<{ port: number; seen: IncomingMessage[] }> {
  const seen: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    seen.push(request);
    response.end('{"gitVersion":"v1.34.4"}');
  }).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, seen };
}

async function apiWith(text: string): Promise<KubernetesApi> {
  const kubeconfig = join(folder, 'config');
  await writeFile(kubeconfig, text);
  return new KubernetesApi({ kubeconfig, namespace: undefined });
}

function config(port: number, user: object, cluster: object = {}): string {
  const server = `http://127.0.0.1:${port}`;
  return JSON.stringify({
    clusters: [{ name: 'k', cluster: { server, 'insecure-skip-tls-verify': true, ...cluster } }],
    users: [{ name: 'k', user }],
    contexts: [{ name: 'k', context: { cluster: 'k', user: 'k' } }],
    'current-context': 'k',
  });
}

/** A program that prints these words, and leaves a line in a file each time it runs. */
function program(script: string): object {
  const args = ['-c', `echo run >>${folder}/runs; ${script}`];
  return { exec: { apiVersion: 'client.authentication.k8s.io/v1', command: 'sh', args } };
}

async function failureOf(answer: Promise<unknown>): Promise<Error> {
  const failure = await answer.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(failure instanceof Error)) throw new Error('it has not failed');
  return failure;
}

describe('a configuration of a cluster that cannot be used', () => {
  it.each([
    ['is no YAML', async () => `users:\n  - user:\n      token: "${SECRET}"\n   x: - [`],
    ['names a program that fails', async () => config(1, program(`echo ${SECRET} >&2; exit 1`))],
    ['names a program that prints no JSON', async () => config(1, program(`echo ${SECRET}`))],
  ])('tells nothing of its secrets where it %s', async (_, text) => {
    const api = await apiWith(await text());
    const failure = await failureOf(api.version(within(5_000)));
    expect(failure.message).toContain('the configuration of the cluster is of no use');
    expect(inspect(failure, { depth: 9 })).not.toContain(SECRET);
  });

  it('names the kind of a failure', async () => {
    const api = new KubernetesApi({ kubeconfig: `${folder}/none`, namespace: undefined });
    const failure = await failureOf(api.version(within(5_000)));
    expect(failure.message).toContain('it cannot be read (ENOENT)');
  });

  it('with a proxy of another kind is refused in words', async () => {
    const api = await apiWith(config(1, {}, { 'proxy-url': 'socks5://127.0.0.1:1' }));
    const failure = await failureOf(api.version(within(5_000)));
    expect(failure.message).toContain('its proxy-url must be http or https');
  });

  it('is read again at the next call', async () => {
    const { port } = await serve();
    const api = await apiWith('{');
    await failureOf(api.version(within(5_000)));
    await writeFile(join(folder, 'config'), config(port, {}));
    expect(await api.version(within(5_000))).toBe('v1.34.4');
  });
});

describe('the credentials of a cluster', () => {
  // It is of no use any more when it comes: nobody keeps it.
  const expirationTimestamp = '2026-01-01T00:00:00Z';
  const token = JSON.stringify({ status: { token: SECRET, expirationTimestamp } });

  it('are asked of a program once for all who wait', async () => {
    const { port, seen } = await serve();
    const api = await apiWith(config(port, program(`sleep 0.3; echo '${token}'`)));
    await Promise.all(Array.from({ length: 5 }, () => api.version(within(5_000))));
    expect(await readFile(join(folder, 'runs'), 'utf8')).toBe('run\n');
    expect(seen.map(({ headers }) => headers.authorization)).toEqual(
      Array.from({ length: 5 }, () => `Bearer ${SECRET}`),
    );
  });

  it('are waited for no longer than for an answer', async () => {
    const { port } = await serve();
    const api = await apiWith(config(port, program('exec sleep 3')));
    const began = performance.now();
    const failure = await failureOf(api.version(within(200)));
    expect(failure.message).toContain('its credentials do not come in time');
    expect(performance.now() - began).toBeLessThan(1_500);
  });

  it('in a file may end in a newline', async () => {
    const { port, seen } = await serve();
    await writeFile(join(folder, 'token'), `${SECRET}\n`);
    const api = await apiWith(config(port, { tokenFile: 'token' }));
    await api.version(within(5_000));
    expect(seen[0]?.headers.authorization).toBe(`Bearer ${SECRET}`);
  });
});

describe('a cluster behind a proxy', () => {
  it('is reached through it', async () => {
    const proxy = await serve();
    const address = { 'proxy-url': `http://127.0.0.1:${proxy.port}` };
    const api = await apiWith(config(1, {}, address));
    expect(await api.version(within(5_000))).toBe('v1.34.4');
    expect(proxy.seen[0]?.url).toBe('http://127.0.0.1:1/version');
  });
});
