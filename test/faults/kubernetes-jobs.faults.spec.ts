import { writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Harness } from '../contract/harness.js';
import { startEmptyRegistry } from '../contract/targets/empty-registry.js';
import { BUILD_AND_START_MS } from './cluster-answers.js';
import { ClusterRig } from './cluster-rig.js';
import { until } from './faulty-engine.js';

/** Seconds; long enough for an agent that waits for the cores of a busy machine. */
const NODE_GRACE = '15';

let rig: ClusterRig;
let harness: Harness;

beforeAll(async () => {
  rig = await ClusterRig.up('f-k8s-jobs', { NODE_GRACE });
  harness = await rig.serve();
}, BUILD_AND_START_MS);
afterEach(async () => {
  rig.proxy.heal();
  // It would keep the node from those that come after it.
  await rig.cluster.kubectl('delete', 'pod', 'first', '--ignore-not-found');
});
afterAll(() => rig.down());

describe('K7: a job that the cluster treats badly', () => {
  it('is told to be evicted when its pod was', async () => {
    const job = await harness.job('exec sleep 300');
    await harness.submit(job);
    await harness.until(job.jid, ({ status }) => status === 'started');
    const [pod = ''] = await rig.pods(job.jid);
    const file = `${rig.cluster.folder}/eviction.json`;
    const metadata = { name: pod, namespace: 'default' };
    await writeFile(file, JSON.stringify({ apiVersion: 'policy/v1', kind: 'Eviction', metadata }));
    const eviction = `/api/v1/namespaces/default/pods/${pod}/eviction`;
    await rig.cluster.kubectl('create', '--raw', eviction, '--filename', file);
    const answer = await harness.finish(job.jid);
    expect(answer['status']).toBe('finishedWithError');
    expect(answer['message']).toMatch(/evicted/);
  });

  it('has failed when its pod was deleted by hand, and its log is empty', async () => {
    const job = await harness.job('echo said; exec sleep 300');
    await harness.submit(job);
    await harness.until(job.jid, ({ status }) => status === 'started');
    const [pod = ''] = await rig.pods(job.jid);
    await rig.cluster.kubectl('delete', 'pod', pod, '--force', '--grace-period=0');
    const answer = await harness.finish(job.jid);
    expect(answer['status']).toBe('finishedWithError');
    expect(answer['message']).not.toBe('');
    expect((await harness.get(job.jid)).status).toBe(200);
  });

  it('stays as it has ended when its pod is collected, and its log is said to be gone', async () => {
    const { job, answer } = await harness.run('echo said; exit 3');
    expect(answer['message']).toBe('exited with code 3');
    const [pod = ''] = await rig.pods(job.jid);
    await rig.cluster.kubectl('delete', 'pod', pod);
    await until(async () => (await rig.pods(job.jid)).length === 0, 10_000);
    await sleep(3_000);
    expect((await harness.get(job.jid)).body).toEqual(answer);
    const { body } = await (await rig.serve()).get(job.jid);
    expect(body).toMatchObject({
      status: 'finishedWithError',
      logs: expect.stringContaining('[pman] the log went with its pod') as string,
    });
  });

  it('has failed when one of its workers can never begin, though the other runs', async () => {
    const impatient = await rig.serve({ JOB_SCHEDULING_GRACE: '20' });
    const cpu = Number((await allocatableCpu()).replace(/m$/, '')) * 1_000;
    const two = { number_of_workers: 2, cpu_limit: Math.floor(cpu * 0.6) };
    const job = await impatient.job('exec sleep 300', two);
    await impatient.submit(job);
    const told = /^0 of 2 workers have finished; worker [12] waits: no node can take it/;
    await impatient.until(job.jid, ({ message = '' }) => told.test(message));
    const answer = await impatient.finish(job.jid);
    expect(answer).toMatchObject({
      status: 'finishedWithError',
      message: expect.stringMatching(/^given up after waiting for 20 s: no node/) as string,
      timestamp: expect.stringMatching(/^\d{4}-/) as string,
    });
    expect((await impatient.delete(job.jid)).status).toBe(204);
  });

  it('is gone when its Job was deleted by hand', async () => {
    const job = await harness.job('exec sleep 300');
    await harness.submit(job);
    await rig.cluster.kubectl('delete', 'job', job.jid);
    await until(async () => (await harness.get(job.jid)).status === 404, 2_000);
  });

  it('waits in plain words where no node has room, and has failed when the grace is over', async () => {
    const impatient = await rig.serve({ JOB_SCHEDULING_GRACE: '4' });
    const job = await impatient.job('true', { cpu_limit: 900_000 });
    await impatient.submit(job);
    const waiting = await impatient.until(job.jid, ({ message = '' }) => /no node/.test(message));
    expect(waiting).toMatchObject({ status: 'notstarted', message: expect.stringMatching(/cpu/i) });
    const answer = await impatient.finish(job.jid);
    expect(answer).toMatchObject({ status: 'finishedWithError' });
    expect(answer['message']).toMatch(/4 s/);
  });

  it('is refused when its registry has no such image', async () => {
    const registry = await startEmptyRegistry();
    const image = `${registry.address}/nobody/nothing:1`;
    const { status, body } = await harness.post(await harness.job('true', { image }));
    registry.close();
    expect(status).toBe(422);
    expect(JSON.stringify(body)).toContain(`${image}: not found`);
  });

  it('waits for its image while the registry is away, and has failed when the grace is over', async () => {
    const impatient = await rig.serve({ JOB_START_GRACE: '40' });
    const job = await impatient.job('true', { image: '127.0.0.1:9/nobody/nothing:1' });
    const waiting = await impatient.submit(job);
    expect(waiting).toMatchObject({
      status: 'notstarted',
      message: expect.stringMatching(/image cannot be pulled.*connection refused/),
    });
    const answer = await impatient.finish(job.jid);
    expect(answer).toMatchObject({
      status: 'finishedWithError',
      message: expect.stringMatching(/^given up after waiting for 40 s: its image/),
    });
  });

  it('has failed when its container cannot be made for its configuration', async () => {
    // The image's user is root, which this profile leaves to the cluster, and the pod forbids.
    const strict = await rig.serve({ CONTAINER_ENV: 'openshift', JOB_START_GRACE: '3' });
    const job = await strict.job('true');
    await strict.submit(job);
    const answer = await strict.finish(job.jid);
    expect(answer).toMatchObject({ status: 'finishedWithError', timestamp: '' });
    expect(answer['message']).toMatch(
      /^given up after waiting for 3 s: its container cannot be made: .*runAsNonRoot/,
    );
  });

  it('has failed for its time limit', async () => {
    const limited = await rig.serve({ JOB_TIMEOUT: '2' });
    const { answer } = await limited.run('exec sleep 300');
    expect(answer['status']).toBe('finishedWithError');
    expect(answer['message']).toMatch(/time limit of 2 s/);
  });

  it('has failed when another took its place on the node', async () => {
    const priority = {
      apiVersion: 'scheduling.k8s.io/v1',
      kind: 'PriorityClass',
      metadata: { name: 'first' },
      value: 1_000_000,
    };
    const cpu = Number((await allocatableCpu()).replace(/m$/, '')) * 1_000;
    const job = await harness.job('exec sleep 300', { cpu_limit: Math.floor(cpu * 0.8) });
    await harness.submit(job);
    await harness.until(job.jid, ({ status }) => status === 'started');
    const container = {
      name: 'c',
      image: 'local/probe:1',
      command: ['sleep', '300'],
      resources: { requests: { cpu: `${Math.floor(cpu * 0.8)}m` } },
    };
    await rig.cluster.apply(priority, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'first', namespace: 'default' },
      spec: {
        priorityClassName: 'first',
        restartPolicy: 'Never',
        terminationGracePeriodSeconds: 0,
        containers: [container],
      },
    });
    const answer = await harness.finish(job.jid);
    expect(answer['status']).toBe('finishedWithError');
    expect(answer['message']).toMatch(/preempted|higher priority/);
  });

  it('is still running while its node does not answer, and says so', async () => {
    const job = await harness.job('echo said; exec sleep 300');
    await harness.submit(job);
    await harness.until(job.jid, ({ status }) => status === 'started');
    await rig.cluster.freezeNode();
    try {
      const noticed = /node does not answer/;
      // Until the cluster says so nobody knows what the log waits for.
      const answer = await harness.until(job.jid, ({ message = '', logs = '' }) => {
        return noticed.test(message) && noticed.test(logs);
      });
      expect(answer['status']).toBe('started');
    } finally {
      await rig.cluster.thawNode();
    }
    const back = await harness.until(job.jid, ({ message, logs = '' }) => {
      return message === 'running' && logs.includes('said');
    });
    expect(back['status']).toBe('started');
    expect((await harness.delete(job.jid)).status).toBe(204);
  });
});

async function allocatableCpu(): Promise<string> {
  return rig.cluster.kubectl('get', 'nodes', '-o', 'jsonpath={.items[0].status.allocatable.cpu}');
}

describe('K8: the pods of one job', () => {
  it('share the lines of a log that are wanted', async () => {
    const brief = await rig.serve({ JOB_LOGS_TAIL: '10' });
    const { answer } = await brief.run('seq 100', { number_of_workers: 3, cpu_limit: 100 });
    const lines = '98\n99\n100\n';
    expect(answer['logs']).toBe(
      [1, 2, 3].map((worker) => `--- worker ${worker} of 3 ---\n${lines}`).join(''),
    );
  });

  it('are one state and one log in the order of the workers', async () => {
    const { job, answer } = await harness.run('echo "I am $JOB_COMPLETION_INDEX"', {
      number_of_workers: 3,
      cpu_limit: 100,
    });
    expect(answer).toMatchObject({
      status: 'finishedSuccessfully',
      message: 'all 3 workers succeeded',
    });
    const first = (await harness.get(job.jid)).body['logs'] ?? '';
    expect([...first.matchAll(/I am (\d)/g)].map(([, index]) => index)).toEqual(['0', '1', '2']);
    expect((await harness.get(job.jid)).body['logs']).toBe(first);
  });
});
