import { randomBytes } from 'node:crypto';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CLAIM, NODE_AFFINITY, objectsOfSettings, restrictedNamespace } from './cluster-objects.js';
import { createStore, Harness, removeStore } from './harness.js';
import { startServiceProcess } from './service-process.js';
import { giveProjectUsers } from './project-users.js';
import { chosenTargets } from './targets/index.js';
import { isClusterTarget } from './targets/kubernetes-target.js';

const run = promisify(execFile);
const CONFORMANCE = fileURLToPath(new URL('../../scripts/conformance.mjs', import.meta.url));
const NAMESPACE = `contract-${randomBytes(4).toString('hex')}`;
/** As OpenShift would draw it for a namespace. */
const ARBITRARY_UID = '1000680000';

const clusters = chosenTargets().filter(isClusterTarget);

describe.each(clusters.map((target) => ({ target, name: target.name })))(
  'on a cluster, $name',
  ({ target }) => {
    let store = '';
    const services: Harness[] = [];

    /** A service for jobs in the restricted namespace, on the claim. */
    const start = async (settings: Readonly<Record<string, string>> = {}): Promise<Harness> => {
      const service = await startServiceProcess({
        ...target.environment(store),
        STORAGE_TYPE: 'kubernetes_pvc',
        VOLUME_NAME: CLAIM,
        STOREBASE_MOUNT: store,
        JOB_NAMESPACE: NAMESPACE,
        ...settings,
      });
      const harness = new Harness(target, service, store);
      services.push(harness);
      return harness;
    };

    /** What the command for clusters of others says of this one. */
    const conformance = async (...options: readonly string[]): Promise<string> => {
      const cluster = ['--kubeconfig', target.kubeconfig, '--namespace', NAMESPACE];
      const volume = ['--store', store, '--claim', CLAIM];
      const { stdout } = await run(process.execPath, [
        CONFORMANCE,
        ...cluster,
        ...volume,
        ...options,
      ]);
      return stdout;
    };

    beforeAll(async () => {
      await target.start();
      store = await createStore();
      await target.apply(restrictedNamespace(NAMESPACE, store));
    }, 1_500_000);

    afterAll(async () => {
      for (const service of services) await service.stop();
      await target.removeNamespace(NAMESPACE);
      await target.stop();
      await removeStore(store);
    });

    it.each(['kubernetes', 'openshift'])(
      'a job of %s with an arbitrary user passes the restricted standard and works on a claim',
      async (environment) => {
        const harness = await start({
          CONTAINER_ENV: environment,
          CONTAINER_USER: `${ARBITRARY_UID}:${ARBITRARY_UID}`,
        });
        const plain = await harness.job('id -u > /share/outgoing/id; ls /var/run/secrets; true');
        const job = { ...plain, output_dir: `${plain.output_dir}/made/for-the-job` };
        await harness.submit(job);
        const answer = await harness.finish(job.jid);
        expect(answer).toMatchObject({ status: 'finishedSuccessfully' });
        // No token of any account is there.
        expect(answer['logs']).toMatch(/No such file or directory/);
        expect(await harness.written(job, 'id')).toBe(`${ARBITRARY_UID}\n`);
        expect((await harness.delete(job.jid)).status).toBe(204);
      },
    );

    it('a job that the rules of its namespace forbid has failed after the grace for nodes', async () => {
      const harness = await start({ JOB_SCHEDULING_GRACE: '20' });
      const { answer } = await harness.run('true');
      expect(answer).toMatchObject({
        status: 'finishedWithError',
        message: expect.stringContaining('does not make its pod'),
        timestamp: '',
      });
    });

    it('a job that no node has room for waits in words, and has failed after the grace', async () => {
      const harness = await start({ CONTAINER_USER: '1001:1001', JOB_SCHEDULING_GRACE: '20' });
      const job = await harness.job('true', { gpu_limit: 1 });
      const waiting = await harness.submit(job);
      expect(waiting).toMatchObject({
        status: 'notstarted',
        message: expect.stringContaining('Insufficient nvidia.com/gpu'),
      });
      const answer = await harness.finish(job.jid);
      expect(answer).toMatchObject({
        status: 'finishedWithError',
        message: expect.stringContaining('given up after waiting for 20 s'),
      });
      expect((await harness.get(job.jid)).body).toEqual(answer);
      expect((await harness.delete(job.jid)).status).toBe(204);
    });

    it('a job on OpenShift has the user of its project, and writes its output', async () => {
      const users = await giveProjectUsers(NAMESPACE, Number(ARBITRARY_UID));
      await target.apply([users.configuration]);
      try {
        const harness = await start({ CONTAINER_ENV: 'openshift' });
        const job = await harness.job('id -u > /share/outgoing/id; id -G');
        await harness.submit(job);
        expect(await harness.finish(job.jid)).toMatchObject({ status: 'finishedSuccessfully' });
        expect(users.given).toHaveLength(1);
        expect(await harness.written(job, 'id')).toBe(`${ARBITRARY_UID}\n`);
        expect((await harness.get(job.jid)).body['logs']).toContain(ARBITRARY_UID);
        expect((await harness.delete(job.jid)).status).toBe(204);
        // As a user of OpenShift would run the suite itself.
        const options = ['--openshift', '--testNamePattern', 'workers-run'];
        expect(await conformance(...options)).toContain('1 passed');
      } finally {
        await target.kubectl('delete', 'mutatingwebhookconfiguration', NAMESPACE);
        await users.close();
      }
    });

    it('the command for clusters of others runs the suite, with settings of the service', async () => {
      const user = `${ARBITRARY_UID}:${ARBITRARY_UID}`;
      const pattern = 'workers-run|missing-executable|missing-in-path';
      const said = await conformance('--setting', `CONTAINER_USER=${user}`, '-t', pattern);
      expect(said).toContain('3 passed');
    });

    it('a job follows the settings of its pods, and is forgotten when the cluster forgets it', async () => {
      await target.apply(objectsOfSettings(NAMESPACE));
      const harness = await start({
        CONTAINER_USER: '1001:1001',
        NODE_SELECTOR: 'kubernetes.io/os=linux',
        JOB_TOLERATIONS: '[{"key":"gpu","operator":"Exists","effect":"NoSchedule"}]',
        JOB_AFFINITY: JSON.stringify({ nodeAffinity: NODE_AFFINITY }),
        JOB_PRIORITY_CLASS: NAMESPACE,
        JOB_SERVICE_ACCOUNT: 'jobs',
        IMAGE_PULL_SECRETS: 'pull',
        IMAGE_PULL_POLICY: 'Never',
        JOB_FS_GROUP: '2002',
        JOB_TTL: '10',
      });
      const { status, body } = await harness.ready();
      expect(status, JSON.stringify(body)).toBe(200);
      const { job, answer } = await harness.run('id -G');
      expect(answer).toMatchObject({ status: 'finishedSuccessfully', logs: '1001 2002\n' });
      const pods = ['get', 'pods', '--namespace', NAMESPACE, '-l', `job-name=${job.jid}`];
      const text = await target.kubectl(...pods, '--output', 'json');
      const [pod] = (JSON.parse(text) as { items: { spec: object }[] }).items;
      expect(pod?.spec).toMatchObject({
        nodeSelector: { 'kubernetes.io/os': 'linux' },
        affinity: { nodeAffinity: NODE_AFFINITY },
        priority: 100,
        serviceAccountName: 'jobs',
        imagePullSecrets: [{ name: 'pull' }],
        containers: [{ imagePullPolicy: 'Never' }],
      });
      expect(text).toContain('"key": "gpu"');
      await expect
        .poll(async () => (await harness.get(job.jid)).status, { timeout: 30_000, interval: 500 })
        .toBe(404);
    });

    it('a job that a queue of the cluster holds says so', async () => {
      const harness = await start({ CONTAINER_USER: '1001:1001', KUEUE_QUEUE: 'batch' });
      const job = await harness.job('true', { gpu_limit: 1 });
      await harness.submit(job);
      // As Kueue does with the Jobs of a queue.
      const suspend = JSON.stringify({ spec: { suspend: true } });
      const patch = ['patch', 'job', job.jid, '--type', 'merge', '--patch', suspend];
      await target.kubectl('--namespace', NAMESPACE, ...patch);
      const held = /^held in the queue/;
      const answer = await harness.until(job.jid, ({ message = '' }) => held.test(message));
      expect(answer['status']).toBe('notstarted');
      const label = 'kueue.x-k8s.io/queue-name=batch';
      const found = await target.kubectl('get', 'jobs', '--namespace', NAMESPACE, '-l', label);
      expect(found).toContain(job.jid);
      expect((await harness.delete(job.jid)).status).toBe(204);
    });

    it('readiness names the setting with which the cluster would take no job', async () => {
      const harness = await start({
        CONTAINER_USER: '1001:1001',
        JOB_AFFINITY: '{"nodeAffinity":{"requiredDuringScheduling":{}}}',
      });
      const { status, body } = await harness.ready();
      expect(status).toBe(503);
      expect(JSON.stringify(body)).toMatch(/unknown field.*look at JOB_AFFINITY/);
    });

    it('readiness names the cluster, its version and the rights', async () => {
      const harness = await start({ CONTAINER_USER: '1001:1001' });
      const { status, body } = await harness.ready();
      expect(status).toBe(200);
      expect(JSON.stringify(body)).toMatch(/Kubernetes v1\.\d+/);
    });
  },
);
