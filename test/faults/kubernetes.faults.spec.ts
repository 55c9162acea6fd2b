import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createStore, Harness, removeStore } from '../contract/harness.js';
import { startServiceProcess } from '../contract/service-process.js';
import { kubernetesTarget } from '../contract/targets/kubernetes-target.js';
import { ask, postOf } from './asking.js';
import { startFaultProxy, type FaultProxy } from './fault-proxy.js';

const NAMESPACE = `faults-${process.pid}`;
/** Leaves a line each time it runs. */
const MARK = 'echo run >>/share/outgoing/runs';
const JOBS = /\/jobs(?:\?|$)/;
const WATCH = /watch=true/;
const ALL = /\/(?:jobs|pods)\?(?!.*watch=true).*managed-by/;
const SECOND = 1_000;

const target = kubernetesTarget();
const status = (code: number, reason = ''): string =>
  JSON.stringify({ kind: 'Status', status: 'Failure', code, reason, message: `told ${code}` });
const expired = `${JSON.stringify({
  type: 'ERROR',
  object: { kind: 'Status', code: 410, reason: 'Expired', message: 'too old resource version' },
})}\n`;

let store = '';
let folder = '';
const closing: (() => Promise<void>)[] = [];

interface Served {
  readonly service: Harness;
  readonly proxy: FaultProxy;
}

/** A service that knows the cluster through a proxy of its own. */
async function serve(variables: Readonly<Record<string, string>> = {}): Promise<Served> {
  const { server, ...tls } = await target.credentials();
  const { hostname: host, port } = new URL(server);
  const proxy = await startFaultProxy({ port: 0 }, { host, port: Number(port || 443), tls });
  const kubeconfig = join(folder, `${proxy.port}.json`);
  // The client takes an address without TLS only with these words.
  const insecure = { 'insecure-skip-tls-verify': true };
  const address = { server: `http://127.0.0.1:${proxy.port}`, ...insecure };
  const cluster = { name: 'k', cluster: address };
  await writeFile(
    kubeconfig,
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [cluster],
      users: [{ name: 'k', user: { token: 'of-no-use-behind-the-proxy' } }],
      contexts: [{ name: 'k', context: { cluster: 'k', user: 'k' } }],
      'current-context': 'k',
    }),
  );
  const started = await startServiceProcess({
    ...target.environment(store),
    KUBECONFIG: kubeconfig,
    JOB_NAMESPACE: NAMESPACE,
    STORAGE_TYPE: 'host',
    STOREBASE: store,
    ...variables,
  });
  const service = new Harness(target, started, store);
  closing.push(
    () => proxy.close(),
    () => service.stop(),
  );
  return { service, proxy };
}

beforeAll(async () => {
  await target.start();
  store = await createStore();
  folder = await mkdtemp(join(tmpdir(), 'pman-clusters-'));
  await target.apply([{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } }]);
}, 1_500_000);

afterAll(async () => {
  for (const close of closing) await close();
  await target.removeNamespace(NAMESPACE);
  await target.stop();
  await removeStore(store);
  await rm(folder, { recursive: true });
}, 300_000);

describe('a submission to a cluster in trouble', () => {
  it.each([500, 502, 503, 504])(
    'K1: outlives two answers of status %i, and runs once',
    async (code) => {
      const { service, proxy } = await serve();
      const fault = { kind: 'answer', status: code, body: status(code) } as const;
      proxy.add({ method: 'POST', path: JOBS, times: 2, fault });
      const { job, answer } = await service.run(MARK);
      expect(answer['status']).toBe('finishedSuccessfully');
      expect(await service.written(job, 'runs')).toBe('run\n');
      expect(proxy.count('POST', JOBS)).toBeGreaterThanOrEqual(3);
    },
  );

  it('K1: reads its credentials anew, once, when they are not accepted', async () => {
    const { service, proxy } = await serve();
    const fault = { kind: 'answer', status: 401, body: status(401) } as const;
    const refused = proxy.add({ method: 'POST', path: JOBS, times: 1, fault });
    const { answer } = await service.run(MARK);
    await refused.hit;
    expect(answer['status']).toBe('finishedSuccessfully');
  });

  it('K1: without the right to it ends at once, and readiness names the right', async () => {
    const { service, proxy } = await serve();
    const fault = { kind: 'answer', status: 403, body: status(403, 'Forbidden') } as const;
    proxy.add({ method: 'POST', path: JOBS, fault });
    const denied = JSON.stringify({ status: { allowed: false } });
    proxy.add({
      method: 'POST',
      path: /selfsubjectaccessreviews/,
      fault: { kind: 'answer', status: 201, body: denied },
    });
    const answer = await ask(service, '/api/v1/', postOf(await service.job(MARK)));
    expect(answer.status).toBeGreaterThanOrEqual(500);
    expect(answer.text).toContain('lacks a right');
    expect(proxy.count('POST', JOBS)).toBe(1);
    const { status: ready, body } = await service.ready();
    expect(ready).toBe(503);
    expect(JSON.stringify(body)).toContain('create jobs');
  });

  it('K2: waits as long as the cluster asks it to', async () => {
    const { service, proxy } = await serve();
    const headers = { 'retry-after': '3' };
    const fault = { kind: 'answer', status: 429, body: status(429), headers } as const;
    proxy.add({ method: 'POST', path: JOBS, times: 1, fault });
    const job = await service.job(MARK);
    const answer = await ask(service, '/api/v1/', postOf(job));
    expect(answer.status).toBe(201);
    expect(answer.took).toBeGreaterThan(3 * SECOND);
    expect(proxy.count('POST', JOBS)).toBe(2);
  });

  it('K3: finds out what became of a create whose answer was lost: one run, 201', async () => {
    const { service, proxy } = await serve();
    proxy.add({ method: 'POST', path: JOBS, times: 1, fault: { kind: 'cut', after: 0 } });
    const { job, answer } = await service.run(MARK);
    expect(answer['status']).toBe('finishedSuccessfully');
    expect(await service.written(job, 'runs')).toBe('run\n');
  });
});

describe('a watch of a cluster in trouble', () => {
  it('K4: whose history is lost within a 200 makes at most one list a second, and no job is lost', async () => {
    const { service, proxy } = await serve();
    proxy.add({ path: WATCH, fault: { kind: 'answer', status: 200, body: expired } });
    proxy.dropConnections();
    const before = proxy.count('GET', ALL);
    const watches = proxy.count('GET', WATCH);
    const began = performance.now();
    const { answer } = await service.run('sleep 3');
    const seconds = (performance.now() - began) / SECOND;
    expect(answer['status']).toBe('finishedSuccessfully');
    // One for the Jobs and one for the pods.
    expect(proxy.count('GET', ALL) - before).toBeLessThanOrEqual(2 * (seconds + 2));
    expect(proxy.count('GET', ALL)).toBeGreaterThan(before);
    expect(proxy.count('GET', WATCH)).toBeGreaterThan(watches);
  });

  it('K4: a list whose history is lost between two pages is read anew', async () => {
    const { service, proxy } = await serve();
    const { job } = await service.run('true');
    const more = (body: string): string => {
      const list = JSON.parse(body) as { metadata: object };
      return JSON.stringify({ ...list, metadata: { ...list.metadata, continue: 'lost' } });
    };
    proxy.add({
      path: /\/jobs\?.*limit=500/,
      times: 1,
      fault: { kind: 'rewrite', change: (answer) => ({ ...answer, body: more(answer.body) }) },
    });
    const gone = proxy.add({
      path: /continue=lost/,
      fault: { kind: 'answer', status: 410, body: status(410, 'Expired') },
    });
    // Whoever watches begins anew, with a list.
    proxy.dropConnections();
    await gone.hit;
    expect((await service.get(job.jid)).body['status']).toBe('finishedSuccessfully');
    expect((await service.ready()).status).toBe(200);
  });

  it('K5: that is cut in the middle of an event is opened again', async () => {
    const { service, proxy } = await serve();
    proxy.add({ path: WATCH, times: 6, fault: { kind: 'cut', after: 700 } });
    proxy.dropConnections();
    const watches = proxy.count('GET', WATCH);
    const { answer } = await service.run('sleep 1');
    expect(answer['status']).toBe('finishedSuccessfully');
    await expect
      .poll(() => proxy.count('GET', WATCH) - watches, { timeout: 40_000, interval: 500 })
      .toBeGreaterThan(6);
  });
});

describe('a job that others lay hands on', () => {
  it('K6: is never undefined while its status is empty: its pods tell', async () => {
    const { service, proxy } = await serve();
    const job = await service.job('sleep 20');
    await service.submit(job);
    const change = (body: string): string =>
      body.replaceAll(/"status":\{(?:[^{}]|\{[^{}]*\}|\[[^\]]*\])*\}/g, '"status":{}');
    proxy.add({
      method: 'GET',
      path: /\/jobs/,
      fault: { kind: 'rewrite', change: (answer) => ({ ...answer, body: change(answer.body) }) },
    });
    const answer = await service.until(job.jid, ({ status: word }) => word === 'started');
    expect(answer['message']).toBe('running');
    proxy.heal();
    expect((await service.delete(job.jid)).status).toBe(204);
  });

  it('K7: is gone when its Job was deleted by hand', async () => {
    const { service } = await serve();
    const { job } = await service.run('true');
    await target.kubectl('-n', NAMESPACE, 'delete', 'job', job.jid);
    await expect
      .poll(async () => (await service.get(job.jid)).status, { timeout: 10_000 })
      .toBe(404);
  });

  it('K7: is an error in words when its pod was deleted by hand', async () => {
    const { service } = await serve();
    const job = await service.job('sleep 60');
    await service.submit(job);
    const pods = `batch.kubernetes.io/job-name=${job.jid}`;
    await target.kubectl('-n', NAMESPACE, 'delete', 'pod', '-l', pods);
    const answer = await service.finish(job.jid);
    expect(answer['status']).toBe('finishedWithError');
    expect(answer['message']).toMatch(/removed from the cluster|signal SIGKILL|signal SIGTERM/);
    expect((await service.get(job.jid)).body).toEqual(answer);
  });
});
