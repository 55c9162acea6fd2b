import axios from 'axios';
import { execFile } from 'node:child_process';
import { mkdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sampleJob } from '../../scripts/lib/sample-job.mjs';
import { FaultyCluster } from '../faults/faulty-cluster.js';
import { buildImage } from './build-image.js';
import { demand, eventually, lastLineOf, ROOT, startEngine, stopEngine } from './commands.js';

const run = promisify(execFile);
const IMAGE = 'pman:6.0.0';
const NAMESPACE = 'pman';
const OVERLAYS = join(ROOT, 'deploy/kubernetes/overlays');
/** With the build of Kubernetes and of the image, where neither was built before. */
const UP_DEADLINE_MS = 1_800_000;

let cluster: FaultyCluster;
let store: string;

beforeAll(async () => {
  const host = await startEngine('docker', 'k8s-image');
  const env = { ...process.env, DOCKER_HOST: host };
  try {
    await lastLineOf('images/base.sh', host);
    await buildImage(IMAGE, env);
    cluster = await FaultyCluster.up('k8s-deploy');
    const archive = join(cluster.folder, 'pman.tar');
    await demand('docker', ['save', '--output', archive, IMAGE], { env });
    const socket = join(cluster.folder, 'containerd.sock');
    await run('ctr', ['-a', socket, '-n', 'k8s.io', 'images', 'import', archive]);
  } finally {
    await stopEngine('docker', 'k8s-image');
  }
  store = join(cluster.folder, 'store');
  // As the storage of a site makes a volume: for root alone, and for the group that a pod names.
  await mkdir(store);
  await cluster.apply(volumeAt(store));
}, UP_DEADLINE_MS);

afterAll(() => cluster.down());

/** What a site's storage would provide for the claim. */
function volumeAt(path: string): object {
  const node = { key: 'kubernetes.io/hostname', operator: 'In', values: ['node1'] };
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name: 'store' },
    spec: {
      accessModes: ['ReadWriteMany'],
      capacity: { storage: '10Gi' },
      persistentVolumeReclaimPolicy: 'Retain',
      local: { path },
      nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [node] }] } },
    },
  };
}

const inNamespace = (...args: readonly string[]): Promise<string> =>
  cluster.kubectl('--namespace', NAMESPACE, ...args);

async function addresses(): Promise<readonly string[]> {
  const path = 'jsonpath={.items[*].status.podIP}';
  const selector = 'app.kubernetes.io/name=pman';
  const text = await inNamespace('get', 'pods', '--selector', selector, '--output', path);
  return text.split(' ').map((address) => `http://${address}:5010`);
}

describe('the manifests', () => {
  it.each(['kubernetes', 'restricted', 'openshift'])(
    'of %s ask for no right but those over jobs and their pods in one namespace',
    async (overlay) => {
      const text = await demand('kubectl', ['kustomize', join(OVERLAYS, overlay)]);
      expect(text).not.toMatch(/kind: ClusterRole/);
      expect(text).not.toMatch(/secrets|pods\/exec|\*/);
    },
  );
});

describe('two replicas inside a cluster that enforces the restricted pod security standard', () => {
  const http = axios.create({ validateStatus: () => true, timeout: 60_000 });

  it('become ready with the rights that the manifests give them', async () => {
    await cluster.kubectl('apply', '--kustomize', join(OVERLAYS, 'restricted'));
    await inNamespace('rollout', 'status', 'deployment/pman', '--timeout', '58s');
    const replicas = await addresses();
    expect(replicas).toHaveLength(2);
    for (const url of replicas) {
      const { status, data } = await http.get<unknown>(`${url}/health/ready`);
      expect(status, JSON.stringify(data)).toBe(200);
    }
  });

  it('run a job by one that the other sees from its beginning to its removal', async () => {
    const [one = '', other = ''] = await addresses();
    await mkdir(join(store, 'demo/in'), { recursive: true });
    const names = { jid: 'inside-1', inputDir: 'demo/in', outputDir: 'made/by/pman' };
    const script = 'id -u; echo done >/share/outgoing/done';
    const job = {
      ...sampleJob(names),
      image: 'local/probe:1',
      entrypoint: ['/bin/sh', '-c', script, 'probe'],
      args: [],
    };
    const posted = await http.post<Record<string, string>>(`${one}/api/v1/`, job);
    expect(posted.status, JSON.stringify(posted.data)).toBe(201);
    const ended = await eventually(
      async () => {
        const { data } = await http.get<Record<string, string>>(`${other}/api/v1/inside-1/`);
        return data['status']?.startsWith('finished') ? data : undefined;
      },
      60,
      'the job has finished',
    );
    expect(ended).toMatchObject({ status: 'finishedSuccessfully', logs: '65532\n' });
    expect(await readFile(join(store, 'made/by/pman/done'), 'utf8')).toBe('done\n');
    expect((await stat(store)).gid).toBe(65_532);
    expect((await http.delete(`${other}/api/v1/inside-1/`)).status).toBe(204);
    const isGone = async (): Promise<true | undefined> =>
      (await http.get(`${one}/api/v1/inside-1/`)).status === 404 || undefined;
    // One that has not removed it itself hears of it.
    await expect(eventually(isGone, 5, 'the other replica hears of it')).resolves.toBe(true);
    expect(await inNamespace('get', 'jobs', '--output', 'name')).toBe('');
  });

  it.each(['kubernetes', 'openshift'])(
    'could be there by the overlay %s too: the cluster takes all of it',
    async (overlay) => {
      const dryRun = ['--server-side', '--force-conflicts', '--dry-run=server'];
      const files = ['--kustomize', join(OVERLAYS, overlay), '--output', 'name'];
      const taken = await cluster.kubectl('apply', ...dryRun, ...files);
      const kinds = taken.split('\n').map((name) => name.split(/[./]/)[0]);
      expect(new Set(kinds.filter((kind) => kind !== ''))).toEqual(
        new Set([
          'configmap',
          'deployment',
          'networkpolicy',
          'persistentvolumeclaim',
          'poddisruptionbudget',
          'role',
          'rolebinding',
          'service',
          'serviceaccount',
        ]),
      );
    },
  );

  it('end a job and keep its record and its log, with no other right', async () => {
    await inNamespace('set', 'env', 'deployment/pman', 'REMOVE_JOBS=no');
    await inNamespace('rollout', 'status', 'deployment/pman', '--timeout', '58s');
    const onlyTwo = async (): Promise<readonly string[] | undefined> => {
      const replicas = await addresses();
      return replicas.length === 2 ? replicas : undefined;
    };
    const [url = ''] = await eventually(onlyTwo, 60, 'the old replicas are gone');
    const names = { jid: 'inside-2', inputDir: 'demo/in', outputDir: 'made/by/other' };
    const job = {
      ...sampleJob(names),
      image: 'local/probe:1',
      entrypoint: ['/bin/sh', '-c', 'echo said; exec sleep 300', 'probe'],
      args: [],
    };
    const posted = await http.post<unknown>(`${url}/api/v1/`, job);
    expect(posted.status, JSON.stringify(posted.data)).toBe(201);
    expect((await http.delete(`${url}/api/v1/inside-2/`)).status).toBe(204);
    const { data } = await http.get<Record<string, string>>(`${url}/api/v1/inside-2/`);
    expect(data).toMatchObject({
      status: 'finishedWithError',
      logs: expect.stringMatching(/^said\n/) as string,
    });
  });

  it('tell which right is missing when one was taken away', async () => {
    const rule = [{ op: 'replace', path: '/rules/2/verbs', value: ['list'] }];
    const patch = ['--type', 'json', '--patch', JSON.stringify(rule)];
    await inNamespace('patch', 'role', 'pman', ...patch);
    const [url = ''] = await addresses();
    const told = async (): Promise<true | undefined> => {
      const { status, data } = await http.get<unknown>(`${url}/health/ready`);
      return (status === 503 && JSON.stringify(data).includes('get pods/log')) || undefined;
    };
    // Rights that were there are not asked for again at once.
    await expect(eventually(told, 120, 'readiness names the right')).resolves.toBe(true);
  });
});
