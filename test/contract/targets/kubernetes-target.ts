import { KubeConfig } from '@kubernetes/client-node';
import axios, { type AxiosInstance } from 'axios';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { Agent, type RequestOptions } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ABSENT_IMAGE, GIVEN_CLUSTER, IS_OPENSHIFT, PROBE_IMAGE } from '../given-cluster.js';
import type { ContractTarget, ForeignObject } from '../target.js';
import { startEmptyRegistry, type EmptyRegistry } from './empty-registry.js';

const run = promisify(execFile);
const ENGINES = fileURLToPath(new URL('../../engines/', import.meta.url));
/** The first time the cluster is built from source. */
const START_DEADLINE_MS = 1_500_000;
const KUBECTL_DEADLINE_MS = 90_000;
const OWN = 'org.chrisproject.pman.managed-by=pman';
const JID = 'org.chrisproject.pman.jid';
const { namespace: NAMESPACE, claim: CLAIM } = GIVEN_CLUSTER;
const JOBS = `/apis/batch/v1/namespaces/${NAMESPACE}/jobs`;
const PODS = `/api/v1/namespaces/${NAMESPACE}/pods`;

interface ClusterObject {
  readonly metadata: {
    readonly name: string;
    readonly uid: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
}

/** What only a cluster has. */
export interface ClusterTarget extends ContractTarget {
  /** Makes these objects be; those of a test's own namespace go with it. */
  apply(objects: readonly object[]): Promise<void>;
  removeNamespace(name: string): Promise<void>;
  kubectl(...args: readonly string[]): Promise<string>;
  /** Path of its kubeconfig, once it is up. */
  readonly kubeconfig: string;
  /** How the API server is spoken to. */
  credentials(): Promise<ClusterCredentials>;
}

export interface ClusterCredentials {
  readonly server: string;
  readonly ca: Buffer;
  readonly cert: Buffer;
  readonly key: Buffer;
}

export function isClusterTarget(target: ContractTarget): target is ClusterTarget {
  return 'apply' in target;
}

/** A throw-away cluster of the suite's own, or the one whose kubeconfig a variable names. */
export function kubernetesTarget(): ClusterTarget {
  const given = GIVEN_CLUSTER.kubeconfig;
  let kubeconfig = given ?? '';
  let api: AxiosInstance;
  let registry: EmptyRegistry | undefined;
  const script = (name: string) =>
    run('bash', [`${ENGINES}kubernetes/${name}`], {
      timeout: START_DEADLINE_MS,
      env: { ...process.env, NAME: 'contract-kubernetes' },
    });
  const kubectl = async (...args: readonly string[]): Promise<string> => {
    const env = { ...process.env, KUBECONFIG: kubeconfig };
    return (await run('kubectl', args, { env, timeout: KUBECTL_DEADLINE_MS })).stdout;
  };
  const find = async (jid: string): Promise<ClusterObject> => {
    const jobs = await list(api, JOBS);
    const job = jobs.find(({ metadata }) => metadata.annotations?.[JID] === jid);
    if (job === undefined) throw new Error(`the cluster has no job ${jid}`);
    return job;
  };

  return {
    name: 'kubernetes',
    features: [
      'images',
      'refused-at-once',
      'engine-names',
      'hard-limits',
      'swap-limit',
      ...(IS_OPENSHIFT ? [] : (['container-rights', 'job-user'] as const)),
      'read-only-input',
      'image-entrypoint',
      'shm-size',
      // The pods of a cluster elsewhere are not of this host.
      ...(given === undefined ? (['local-processes'] as const) : []),
    ],
    get absentImage() {
      return registry === undefined ? ABSENT_IMAGE : `${registry.address}/local/absent:1`;
    },
    async start() {
      if (given === undefined) {
        const { stdout } = await script('up.sh');
        kubeconfig = /KUBECONFIG=(\S+)\s*$/.exec(stdout)?.[1] ?? '';
      }
      api = await connect(kubeconfig);
      if (given === undefined) registry = await startEmptyRegistry();
    },
    async stop() {
      registry?.close();
      if (given === undefined) await script('down.sh');
    },
    // A small node takes the whole suite's jobs at once only if it does not reserve their limits.
    environment: (store) => ({
      CONTAINER_ENV: 'kubernetes',
      KUBECONFIG: kubeconfig,
      JOB_NAMESPACE: NAMESPACE,
      JOB_REQUEST_PERCENT: '2',
      ...GIVEN_CLUSTER.settings,
      ...(CLAIM !== undefined && {
        STORAGE_TYPE: 'kubernetes_pvc',
        STOREBASE: '',
        VOLUME_NAME: CLAIM,
        STOREBASE_MOUNT: store,
      }),
    }),
    async labels(jid) {
      const { labels, annotations } = (await find(jid)).metadata;
      return { ...labels, ...annotations };
    },
    idOf: async (jid) => (await find(jid)).metadata.uid,
    logBytes: () => Promise.reject(new Error('the kubelet rotates the logs of pods')),
    placeForeignObject: (name) => createForeign(api, name),
    async apply(objects) {
      const folder = await mkdtemp(join(tmpdir(), 'pman-objects-'));
      const file = join(folder, 'objects.json');
      await writeFile(file, JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }));
      await kubectl('apply', '-f', file);
      await rm(folder, { recursive: true });
    },
    removeNamespace: async (name) => void (await kubectl('delete', 'namespace', name)),
    kubectl,
    get kubeconfig() {
      return kubeconfig;
    },
    credentials: () => readCredentials(kubeconfig),
    async listOwn() {
      const selector = `?labelSelector=${encodeURIComponent(OWN)}`;
      const objects = await Promise.all([list(api, JOBS + selector), list(api, PODS + selector)]);
      return objects.flat().map(({ metadata }) => metadata.name);
    },
  };
}

async function readCredentials(kubeconfig: string): Promise<ClusterCredentials> {
  const text = await readFile(kubeconfig, 'utf8');
  const value = (key: string): string => new RegExp(`${key}: "?([^",}\\s]+)`).exec(text)?.[1] ?? '';
  const decoded = (key: string): Buffer => Buffer.from(value(key), 'base64');
  return {
    server: value('server'),
    ca: decoded('certificate-authority-data'),
    cert: decoded('client-certificate-data'),
    key: decoded('client-key-data'),
  };
}

async function connect(kubeconfig: string): Promise<AxiosInstance> {
  const config = new KubeConfig();
  config.loadFromFile(kubeconfig);
  // A token, a certificate or a program that gives either: whatever the user's kubeconfig has.
  const options: RequestOptions = { headers: {} };
  await config.applyToHTTPSOptions(options);
  const { ca, cert, key, rejectUnauthorized = true, servername, headers } = options;
  return axios.create({
    baseURL: config.getCurrentCluster()?.server ?? '',
    validateStatus: () => true,
    headers: headers as Record<string, string>,
    httpsAgent: new Agent({
      rejectUnauthorized,
      ...(ca !== undefined && { ca }),
      ...(cert !== undefined && { cert }),
      ...(key !== undefined && { key }),
      ...(servername !== undefined && { servername }),
    }),
  });
}

async function list(api: AxiosInstance, path: string): Promise<readonly ClusterObject[]> {
  const { data, status } = await api.get<{ items: ClusterObject[] }>(path);
  if (status !== 200) throw new Error(`the cluster answers ${status} for ${path}`);
  return data.items;
}

/** A Job of somebody else that runs. */
async function createForeign(api: AxiosInstance, name: string): Promise<ForeignObject> {
  const container = { name: 'main', image: PROBE_IMAGE, command: ['sleep', '300'] };
  const pod = {
    restartPolicy: 'Never',
    terminationGracePeriodSeconds: 0,
    containers: [container],
  };
  const { data, status } = await api.post<ClusterObject>(JOBS, {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name },
    spec: { template: { spec: pod } },
  });
  if (status !== 201) throw new Error(`the cluster answers ${status}: ${JSON.stringify(data)}`);
  const { uid: id } = data.metadata;
  return {
    id,
    async stillThere() {
      const found = await api.get<ClusterObject>(`${JOBS}/${name}`);
      return found.status === 200 && found.data.metadata.uid === id;
    },
    async dispose() {
      await api.delete(`${JOBS}/${name}?propagationPolicy=Foreground`);
    },
  };
}
