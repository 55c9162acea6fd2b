import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Harness } from '../contract/harness.js';
import { ask, postOf } from './asking.js';
import { FaultRig } from './fault-rig.js';
import { until } from './faulty-engine.js';
import { publish, startRegistry, type Registry } from './registry.js';

/** Leaves a line each time it runs. */
const MARK = 'echo run >>/share/outgoing/runs';
const SETTLE_MS = 30_000;
/** An engine that is asked for in vain is looked at once a second. */
const BACK_WITHIN_MS = 2_000;
/** After so long a removal that nobody goes on with is brought to its end. */
const SWEPT_MS = 90_000;
const UPDATE = { method: 'POST', path: /\/services\/[^/]+\/update/ } as const;
const SWARM = { CONTAINER_ENV: 'swarm' };
/** A directory that is on no machine. */
const NOWHERE = '/srv/pman-no-such-store';

let rig: FaultRig;
let harness: Harness;
let registry: Registry;

beforeAll(async () => {
  const options = ['--node-generic-resource', 'gpu=2', '--no-new-privileges'];
  rig = await FaultRig.up('docker', 'f-swarm1', { options });
  const octet = (await readFile(join(rig.engine.folder, 'octet'), 'utf8')).trim();
  // Ports of its own: another swarm may live on the machine.
  await command('/swarm/init', {
    ListenAddr: `10.${octet}.0.1:2377`,
    AdvertiseAddr: `10.${octet}.0.1`,
    DataPathPort: 20_000 + Number(octet),
  });
  registry = await startRegistry(join(rig.engine.folder, 'registry'), true);
  await publish(rig, registry, 'secret', 1_000);
  harness = await serve();
});
afterEach(() => rig.proxy.heal());
afterAll(async () => {
  await rig.down();
  await registry.close();
});

async function command(path: string, body: object = {}): Promise<void> {
  const { status, data } = await rig.engine.http.post<unknown>(path, body);
  if (status !== 200) throw new Error(`the engine answers ${status}: ${JSON.stringify(data)}`);
}

const serve = (variables: Readonly<Record<string, string>> = {}): Promise<Harness> =>
  rig.serve({ variables: { ...SWARM, ...variables } });

interface Swarm {
  readonly Version: { readonly Index: number };
  readonly Spec: Readonly<Record<string, object>>;
}

async function changeSwarm(changes: Readonly<Record<string, object>>): Promise<void> {
  const { Version, Spec } = (await rig.engine.http.get<Swarm>('/swarm')).data;
  await command(`/swarm/update?version=${Version.Index}`, { ...Spec, ...changes });
}

async function services(): Promise<readonly string[]> {
  const { data } = await rig.engine.http.get<{ Spec: { Name: string } }[]>('/services');
  return data.map(({ Spec }) => Spec.Name);
}

/** Submits a job that runs until it is ended. */
async function start(): Promise<string> {
  const job = await harness.job('sleep 100');
  const { jid } = job;
  await harness.submit(job);
  await harness.until(jid, ({ status }) => status === 'started');
  return jid;
}

const isReady = async (): Promise<boolean> => (await ask(harness, '/health/ready')).status === 200;

describe('a job of a swarm', () => {
  it('S3: whose image has a check of health that fails runs to its end all the same', async () => {
    await rig.target.deriveImage(
      'unwell',
      'HEALTHCHECK --interval=1s --timeout=1s --retries=1 CMD false',
    );
    const { job, answer } = await harness.run(`${MARK}; sleep 6; echo end`, {
      image: 'local/unwell:1',
    });
    expect(answer).toMatchObject({ status: 'finishedSuccessfully', logs: 'end\n' });
    expect(await harness.written(job, 'runs')).toBe('run\n');
  });

  it('S3: whose image checks its health late is shown as running at once', async () => {
    await rig.target.deriveImage('slow', 'HEALTHCHECK --interval=60s CMD true');
    const job = await harness.job(`${MARK}; sleep 100`, { image: 'local/slow:1' });
    await harness.submit(job);
    await harness.appears(job, 'runs');
    await until(
      async () => (await harness.get(job.jid)).body['status'] === 'started',
      SETTLE_MS / 10,
    );
    expect((await harness.delete(job.jid)).status).toBe(204);
  });

  it('S3: that a node rejects because the store is not there is an error without a path of the node', async () => {
    const service = await serve({ STOREBASE: NOWHERE, STOREBASE_MOUNT: rig.store });
    const { job, answer } = await service.run(MARK);
    expect(answer['status']).toBe('finishedWithError');
    expect(answer['message']).toMatch(/does not exist: \/share\/(?:incoming|outgoing)/);
    expect(answer['logs']).toContain(answer['message']);
    expect(JSON.stringify(answer)).not.toContain(NOWHERE);
    expect((await service.delete(job.jid)).status).toBe(204);
    await service.stop();
  });

  it('S3: that a node rejects because the image is not there is an error in its words', async () => {
    const { answer } = await harness.run(MARK, { image: 'localhost:1/absent:1' });
    expect(answer['status']).toBe('finishedWithError');
    expect(answer['message']).toContain('No such image: localhost:1/absent:1');
  });

  it('S3: whose service somebody scales to nothing has ended with an error', async () => {
    const jid = await start();
    const { data } = await rig.engine.http.get<Swarm>(`/services/${jid}`);
    const Mode = { Replicated: { Replicas: 0 } };
    await command(`/services/${jid}/update?version=${data.Version.Index}`, { ...data.Spec, Mode });
    const answer = await harness.finish(jid);
    expect(answer).toMatchObject({ status: 'finishedWithError' });
    expect(answer['message']).toContain('scaled down');
  });

  it('gets as many GPUs as a node has, and is refused in words beyond', async () => {
    for (const gpu_limit of [1, 2]) {
      const { answer } = await harness.run('echo $DOCKER_RESOURCE_GPU', { gpu_limit });
      expect(answer).toMatchObject({ status: 'finishedSuccessfully', logs: `${gpu_limit}\n` });
    }
    const { status, body } = await harness.post(await harness.job(MARK, { gpu_limit: 3 }));
    expect(status).toBe(400);
    expect(body['message']).toEqual({
      gpu_limit: expect.stringContaining('at most 2 on one node'),
    });
  });

  it('D9: has the credentials of the registry of its image, and of no other', async () => {
    const image = `127.0.0.1:${registry.port}/secret:1`;
    const file = join(rig.engine.folder, 'auth.json');
    // The right user, of another registry.
    await writeFile(file, registry.authFor(registry.port + 1));
    const service = await serve({ REGISTRY_AUTH_FILE: file });
    const refused = await service.run('echo secret', { image });
    expect(refused.answer['status']).toBe('finishedWithError');
    expect(refused.answer['message']).toContain(image);
    await writeFile(file, registry.authFor(registry.port));
    const { answer } = await service.run('echo secret', { image });
    expect(answer['logs']).toBe('secret\n');
    expect(service.serviceLog.join('')).not.toContain('horse');
    await service.stop();
  });

  it('D25: whose removal is killed in the middle is removed by the next one, or by itself', async () => {
    const [again, alone] = [await start(), await start()];
    for (const jid of [again, alone]) {
      const killed = rig.proxy.add({
        ...UPDATE,
        times: 1,
        beforeAnswer: () => harness.crashAndRestart(),
      });
      await expect(harness.delete(jid)).rejects.toThrow(/hang up|reset/);
      await killed.hit;
      await until(() => isReady().catch(() => false), SETTLE_MS);
      expect((await harness.get(jid)).status).toBe(404);
      expect(await services()).toContain(jid);
    }
    expect((await harness.delete(again)).status).toBe(404);
    expect(await services()).not.toContain(again);
    await until(async () => !(await services()).includes(alone), SWEPT_MS);
  });
});

describe('a manager', () => {
  it('S1: that is just being prepared is waited for', async () => {
    const words =
      'This node is not a swarm manager. Manager is being prepared or has trouble connecting to the cluster.';
    const refused = rig.proxy.add({
      method: 'POST',
      path: /\/services\/create/,
      times: 3,
      fault: { kind: 'answer', status: 503, body: JSON.stringify({ message: words }) },
    });
    const { job, answer } = await harness.run(MARK);
    expect(answer['status']).toBe('finishedSuccessfully');
    expect(refused.hits).toBe(3);
    expect(await harness.written(job, 'runs')).toBe('run\n');
  });

  it('S1: that is locked says so, shows what it knows, and goes on when it is unlocked', async () => {
    const { job: ended } = await harness.run('echo ended');
    await changeSwarm({ EncryptionConfig: { AutoLockManagers: true } });
    const { data } = await rig.engine.http.get<{ UnlockKey: string }>('/swarm/unlockkey');
    const startAgain = await rig.engine.end();
    await startAgain();
    await until(
      async () => (await ask(harness, '/health/ready')).text.includes('the swarm is locked'),
      SETTLE_MS,
    );
    await assertRefuses('needs to be unlocked', ended.jid);
    await command('/swarm/unlock', data);
    await until(isReady, SETTLE_MS);
    const job = await harness.job(MARK);
    await until(async () => (await harness.post(job)).status === 201, BACK_WITHIN_MS);
    expect((await harness.finish(job.jid))['status']).toBe('finishedSuccessfully');
  });

  it('S1: that leaves its swarm says so, and shows what it knows', async () => {
    const { job: ended } = await harness.run('echo ended');
    await command('/swarm/leave?force=true');
    const ready = await ask(harness, '/health/ready');
    expect(ready.status).toBe(503);
    expect(ready.text).toContain('not part of a swarm');
    await assertRefuses('docker swarm init', ended.jid);
  });
});

/** Of what cannot change by itself a client is told at once; a final state stays to be seen. */
async function assertRefuses(words: string, ended: string): Promise<void> {
  const answer = await ask(harness, '/api/v1/', postOf(await harness.job(MARK)));
  expect(answer.status).toBe(503);
  expect(answer.text).toContain(words);
  expect(answer.took).toBeLessThan(5_000);
  expect((await harness.get(ended)).body).toMatchObject({
    status: 'finishedSuccessfully',
    logs: 'ended\n',
  });
  expect((await harness.get('nobody')).status).toBe(503);
}
