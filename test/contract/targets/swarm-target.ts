import axios, { type AxiosInstance } from 'axios';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { engineTarget, sizeOfLogs, type EngineTarget } from './engine-target.js';

const run = promisify(execFile);
const ENGINES = fileURLToPath(new URL('../../engines/', import.meta.url));
const START_DEADLINE_MS = 120_000;
const OWN = 'org.chrisproject.pman.managed-by=pman';
const JID = 'org.chrisproject.pman.jid';

interface Service {
  readonly ID: string;
  readonly Spec: { readonly Name: string; readonly Labels: Readonly<Record<string, string>> };
}

interface Container {
  readonly Id: string;
  readonly Names: readonly string[];
  readonly Labels: Readonly<Record<string, string>>;
}

/** A swarm of one node: a throw-away one of the suite's own, or the one that a variable names. */
export function swarmTarget(): EngineTarget {
  const given = process.env['CONTRACT_SWARM_HOST'];
  let dockerHost = given ?? '';
  let engine: AxiosInstance;
  /** For what a node of a swarm has as any engine has it. */
  let node: EngineTarget;
  const script = (path: string, args: readonly string[] = []) =>
    run('bash', [`${ENGINES}${path}`, ...args], {
      timeout: START_DEADLINE_MS,
      env: { ...process.env, NAME: 'contract-swarm' },
    });
  const listed = async <T>(path: string, label: string): Promise<readonly T[]> => {
    const filters = JSON.stringify({ label: [label] });
    return (await engine.get<readonly T[]>(path, { params: { all: 1, filters } })).data;
  };
  const containersOf = (jid: string) => listed<Container>('/containers/json', `${JID}=${jid}`);
  const serviceOf = async (jid: string): Promise<Service> => {
    const [service] = await listed<Service>('/services', `${JID}=${jid}`);
    if (service === undefined) throw new Error(`there is no service of ${jid}`);
    return service;
  };

  return {
    name: 'swarm',
    features: [
      'images',
      'engine-names',
      'engine-settings',
      'hard-limits',
      'process-limit',
      'container-rights',
      'job-user',
      'read-only-input',
      'image-entrypoint',
      'shm-size',
      'gpu-refusal',
      'local-processes',
      'log-files',
    ],
    async start() {
      if (given === undefined) {
        const { stdout } = await script('swarm/up.sh', ['--no-new-privileges']);
        dockerHost = /DOCKER_HOST=(\S+)\s*$/.exec(stdout)?.[1] ?? '';
      }
      node = engineTarget('docker', dockerHost);
      await node.start();
      engine = axios.create({
        socketPath: dockerHost.replace('unix://', ''),
        baseURL: 'http://engine',
        validateStatus: () => true,
      });
    },
    async stop() {
      if (given === undefined) await script('swarm/down.sh');
    },
    environment: () => ({ CONTAINER_ENV: 'swarm', DOCKER_HOST: dockerHost }),
    async labels(jid) {
      const [container] = await containersOf(jid);
      return { ...(await serviceOf(jid)).Spec.Labels, ...container?.Labels };
    },
    idOf: async (jid) => (await serviceOf(jid)).ID,
    async logBytes(jid) {
      const [container] = await containersOf(jid);
      const path = `/containers/${container?.Id}/json`;
      const { data } = await engine.get<{ readonly LogPath: string }>(path);
      return sizeOfLogs(data.LogPath);
    },
    async placeForeignObject(name) {
      const task = { ContainerSpec: { Image: 'local/probe:1', Args: ['sleep', '300'] } };
      const body = { Name: name, TaskTemplate: task, Mode: { Replicated: { Replicas: 1 } } };
      const { data, status } = await engine.post<{ ID: string }>('/services/create', body);
      if (status !== 201) throw new Error(`the engine answers ${status}`);
      return {
        id: data.ID,
        stillThere: async () => (await engine.get(`/services/${data.ID}`)).status === 200,
        dispose: async () => void (await engine.delete(`/services/${data.ID}`)),
      };
    },
    createVolume: (name) => node.createVolume(name),
    listVolumes: () => node.listVolumes(),
    deriveImage: (name, change) => node.deriveImage(name, change),
    runPfcon: (volume, label) => node.runPfcon(volume, label),
    async listOwn() {
      const services = await listed<Service>('/services', OWN);
      const containers = await listed<Container>('/containers/json', OWN);
      return [
        ...services.map(({ Spec }) => Spec.Name),
        ...containers.flatMap(({ Names }) => Names),
      ];
    },
  };
}
