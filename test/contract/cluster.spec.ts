import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createStore, Harness, removeStore } from './harness.js';
import { startServiceProcess } from './service-process.js';
import { chosenTargets } from './targets/index.js';
import { isClusterTarget } from './targets/kubernetes-target.js';

const NAMESPACE = `contract-${randomBytes(4).toString('hex')}`;
const CLAIM = 'storebase';
/** As OpenShift would draw it for a namespace. */
const ARBITRARY_UID = '1000680000';

/** A namespace that admits only restricted pods, with a claim on a directory of this host. */
function restrictedNamespace(store: string): readonly object[] {
  const metadata = { name: CLAIM, namespace: NAMESPACE };
  const common = {
    accessModes: ['ReadWriteMany'],
    storageClassName: '',
  };
  const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' };
  return [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE, labels } },
    {
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: { name: NAMESPACE },
      spec: {
        ...common,
        capacity: { storage: '1Gi' },
        hostPath: { path: store, type: 'Directory' },
        claimRef: metadata,
        persistentVolumeReclaimPolicy: 'Retain',
      },
    },
    {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata,
      spec: { ...common, volumeName: NAMESPACE, resources: { requests: { storage: '1Gi' } } },
    },
  ];
}

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

    beforeAll(async () => {
      await target.start();
      store = await createStore();
      await target.apply(restrictedNamespace(store));
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

    it('a job that the rules of its namespace forbid has failed after the grace for starts', async () => {
      const harness = await start({ JOB_START_GRACE: '3' });
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

    it('readiness names the cluster, its version and the rights', async () => {
      const harness = await start({ CONTAINER_USER: '1001:1001' });
      const { status, body } = await harness.ready();
      expect(status).toBe(200);
      expect(JSON.stringify(body)).toMatch(/Kubernetes v1\.\d+/);
    });
  },
);
