import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Harness } from '../contract/harness.js';
import { ask } from './asking.js';
import { BUILD_AND_START_MS, LIST, refusal, WATCH } from './cluster-answers.js';
import { ClusterRig } from './cluster-rig.js';
import { until } from './faulty-engine.js';
import type { Fault } from './fault-rules.js';

/** The least that the service needs. */
const ROLE = fileURLToPath(new URL('../../deploy/kubernetes/base/role.yaml', import.meta.url));
const CREATE = { method: 'POST', path: /\/jobs(?:\?|$)/ };
const POLLS = 2_000;

const run = promisify(execFile);

let rig: ClusterRig;
let harness: Harness;

beforeAll(async () => {
  rig = await ClusterRig.up('f-k8s-api');
  harness = await rig.serve();
}, BUILD_AND_START_MS);
afterEach(() => rig.proxy.heal());
afterAll(() => rig.down());

describe('K1: an API server in trouble', () => {
  it.each([500, 502, 503, 504])(
    'answers %s twice: the job is taken, and runs once',
    async (code) => {
      rig.proxy.add({ ...CREATE, times: 2, fault: refusal(code, 'InternalError') });
      const { job, answer } = await harness.run('echo run >>/share/outgoing/runs');
      expect(answer['status']).toBe('finishedSuccessfully');
      expect(await harness.written(job, 'runs')).toBe('run\n');
    },
  );

  it('whose certificate nobody vouches for is not talked to, and readiness says why', async () => {
    const { host, port } = rig.cluster.server;
    const kubeconfig = await rig.cluster.writeKubeconfig('untrusted.kubeconfig', {
      server: `https://${host}:${port}`,
    });
    const distrustful = await rig.serve({ KUBECONFIG: kubeconfig });
    const { status, body } = await distrustful.ready();
    expect(status).toBe(503);
    expect(JSON.stringify(body)).toContain('certificate is not trusted');
    expect((await distrustful.get('whatever')).status).toBe(503);
  });

  it('that refuses us is asked no more than before, and readiness names what is missing', async () => {
    const refused = await rig.serve();
    rig.proxy.add({ path: /\/(?:jobs|pods)/, fault: refusal(403, 'Forbidden') });
    const denied = JSON.stringify({ status: { allowed: false } });
    rig.proxy.add({
      path: /selfsubjectaccessreviews/,
      fault: { kind: 'answer', status: 201, body: denied },
    });
    const ready = await refused.ready();
    expect(ready.status).toBe(503);
    for (const right of ['create jobs', 'patch jobs', 'watch pods', 'get pods/log']) {
      expect(JSON.stringify(ready.body)).toContain(right);
    }
    const before = rig.proxy.count();
    const { status, body } = await harness.post(await harness.job('true'));
    expect(status).toBe(502);
    expect(JSON.stringify(body)).toContain('lacks a right');
    await sleep(3_000);
    expect(rig.proxy.count() - before).toBeLessThan(40);
    // Requests of others would be counted below.
    await refused.stop();
  });

  it('whose authority was replaced is trusted again as soon as its certificate is there', async () => {
    const { host, port, tls } = rig.cluster.server;
    const authority = `${rig.cluster.folder}/authority.crt`;
    await writeFile(authority, await unknownAuthority());
    const kubeconfig = await rig.cluster.writeKubeconfig(
      'rotated.kubeconfig',
      { server: `https://${host}:${port}`, 'certificate-authority': authority },
      {
        'client-certificate-data': Buffer.from(tls.cert).toString('base64'),
        'client-key-data': Buffer.from(tls.key).toString('base64'),
      },
    );
    const service = await rig.serve({ KUBECONFIG: kubeconfig });
    const { status, body } = await service.ready();
    expect(status).toBe(503);
    expect(JSON.stringify(body)).toContain('certificate is not trusted');
    await writeFile(authority, tls.ca);
    await until(async () => (await service.ready()).status === 200, 10_000);
    expect((await service.run('true')).answer['status']).toBe('finishedSuccessfully');
  });

  it('that a token of a service account no longer opens gets the rotated one', async () => {
    const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'rotated' } };
    const binding = {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata: { name: 'rotated', namespace: 'default' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'pman' },
      subjects: [{ kind: 'ServiceAccount', name: 'rotated', namespace: 'default' }],
    };
    await rig.cluster.kubectl('apply', '--namespace', 'default', '--filename', ROLE);
    const { host, port, tls } = rig.cluster.server;
    const tokenFile = `${rig.cluster.folder}/token`;
    const rotate = async (): Promise<void> => {
      await rig.cluster.apply(account, binding);
      await writeFile(tokenFile, await rig.cluster.kubectl('create', 'token', 'rotated'));
    };
    await rotate();
    const kubeconfig = await rig.cluster.writeKubeconfig(
      'token.kubeconfig',
      {
        server: `https://${host}:${port}`,
        'certificate-authority-data': Buffer.from(tls.ca).toString('base64'),
      },
      { tokenFile },
    );
    const holder = await rig.serve({ KUBECONFIG: kubeconfig });
    expect((await holder.run('true')).answer['status']).toBe('finishedSuccessfully');
    // Another account of the same name: the old token is of one that is gone.
    await rig.cluster.kubectl('delete', 'serviceaccount', 'rotated');
    await rotate();
    expect((await holder.run('true')).answer['status']).toBe('finishedSuccessfully');
  });
});

describe('K2: an API server that has too much to do', () => {
  it('is left alone for as long as it asks, by everybody, and every job is taken', async () => {
    const SECONDS = 4;
    const first = rig.proxy.add({
      ...CREATE,
      times: 1,
      fault: {
        kind: 'answer',
        status: 429,
        body: JSON.stringify({ kind: 'Status', reason: 'TooManyRequests', message: 'slow down' }),
        headers: { 'retry-after': String(SECONDS) },
      },
    });
    // No node has room for them: they are the API server's work alone.
    const large = { cpu_limit: 900_000 };
    const jobs = await Promise.all(Array.from({ length: 100 }, () => harness.job('true', large)));
    const answers = Promise.all(jobs.map((job) => harness.post(job)));
    await first.hit;
    // Those that were under way may still arrive.
    await sleep(1_500);
    const sent = rig.proxy.count();
    await sleep(SECONDS * 1_000 - 2_000);
    expect(rig.proxy.count() - sent).toBe(0);
    expect((await answers).map(({ status }) => status)).toEqual(jobs.map(() => 201));
    const removals = await Promise.all(jobs.map(({ jid }) => harness.delete(jid)));
    expect(removals.map(({ status }) => status)).toEqual(jobs.map(() => 204));
  });
});

describe('K3: a creation whose answer is lost', () => {
  it.each<[string, Fault]>([
    ['with the connection', { kind: 'cut', after: 0 }],
    ['in the middle', { kind: 'cut', after: 200 }],
    ['because it never comes', { kind: 'hang', after: 0 }],
  ])('%s is the same job when it is asked for again', async (_words, fault) => {
    const created = rig.proxy.add({ ...CREATE, times: 1, fault });
    const job = await harness.job('echo run >>/share/outgoing/runs');
    await harness.submit(job);
    expect(created.hits).toBe(1);
    expect((await harness.finish(job.jid))['status']).toBe('finishedSuccessfully');
    expect(await harness.written(job, 'runs')).toBe('run\n');
    expect(await rig.pods(job.jid)).toHaveLength(1);
  });
});

/** The certificate of an authority that has signed nothing here. */
async function unknownAuthority(): Promise<string> {
  const file = `${rig.cluster.folder}/unknown`;
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  const files = ['-keyout', `${file}.key`, '-out', `${file}.crt`];
  await run('openssl', ['req', '-x509', ...key, '-days', '2', '-subj', '/CN=unknown', ...files]);
  return readFile(`${file}.crt`, 'utf8');
}

/** What the service asks of its own accord, at its own pace. */
function isRoutine(path: string): boolean {
  return WATCH.test(path) || LIST.test(path);
}

describe('R17: what a poll costs', () => {
  it('is next to no call of the API for a job that runs', async () => {
    const job = await harness.job('exec sleep 300');
    await harness.submit(job);
    await harness.until(job.jid, ({ status }) => status === 'started');
    await sleep(2_000);
    const asked = (): number => rig.proxy.count('GET', new RegExp(job.jid));
    const before = asked();
    for (let poll = 0; poll < POLLS; poll += 1) await ask(harness, `/api/v1/${job.jid}/`);
    // Its log is read again now and then.
    expect((asked() - before) / POLLS).toBeLessThanOrEqual(0.02);
    expect((await harness.delete(job.jid)).status).toBe(204);
  });

  it('is no call of the API at all once a job has finished', async () => {
    const { job } = await harness.run('echo done');
    await harness.get(job.jid);
    // Of its end the cluster tells in several events.
    await sleep(2_000);
    const asked = (): number => rig.proxy.requests.filter(({ path }) => !isRoutine(path)).length;
    const before = asked();
    for (let poll = 0; poll < POLLS; poll += 1) await ask(harness, `/api/v1/${job.jid}/`);
    expect((asked() - before) / POLLS).toBeLessThanOrEqual(0.001);
  });
});
