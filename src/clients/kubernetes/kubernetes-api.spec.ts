import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { KubernetesApi } from './kubernetes-api.js';

const MIB = 1024 * 1024;
/** What the service takes as one answer at most. */
const MOST_MIB = 64;

let folder = '';
let server: Server;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pman-cluster-'));
});
afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await rm(folder, { recursive: true });
});

async function apiOf(listener: RequestListener): Promise<KubernetesApi> {
  server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const kubeconfig = join(folder, 'config');
  const cluster = { server: `http://127.0.0.1:${port}`, 'insecure-skip-tls-verify': true };
  await writeFile(
    kubeconfig,
    JSON.stringify({
      clusters: [{ name: 'k', cluster }],
      users: [{ name: 'k', user: {} }],
      contexts: [{ name: 'k', context: { cluster: 'k', user: 'k' } }],
      'current-context': 'k',
    }),
  );
  return new KubernetesApi({ kubeconfig, namespace: undefined });
}

describe('a list of large objects', () => {
  it('is read in smaller pages where one would be too much at once', async () => {
    const objects = ['a', 'b', 'c'].map((name) => ({
      metadata: { name, uid: name, resourceVersion: '1' },
    }));
    const limits: number[] = [];
    const api = await apiOf((request, response) => {
      const query = new URL(request.url ?? '', 'http://cluster').searchParams;
      const limit = Number(query.get('limit'));
      limits.push(limit);
      if (limit > 2) {
        for (let sent = 0; sent <= MOST_MIB; sent += 1) response.write(Buffer.alloc(MIB, ' '));
        return response.end('{}');
      }
      const from = Number(query.get('continue') ?? 0);
      const rest = from + limit < objects.length ? String(from + limit) : '';
      const items = objects.slice(from, from + limit);
      return response.end(JSON.stringify({ items, metadata: { continue: rest } }));
    });
    const listed = await api.list('jobs', 'a=b', AbortSignal.timeout(20_000));
    expect(listed).toEqual(objects);
    expect(limits).toEqual([500, 250, 125, 63, 32, 16, 8, 4, 2, 2]);
  });
});
