import axios, { type AxiosInstance } from 'axios';
import { execFile } from 'node:child_process';
import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { ContractTarget, ForeignObject } from '../target.js';

const run = promisify(execFile);
const ENGINES = fileURLToPath(new URL('../../engines/', import.meta.url));
const START_DEADLINE_MS = 120_000;
const OWN = 'org.chrisproject.pman.managed-by=pman';
const IMAGE = 'local/probe:1';

interface Inspected {
  readonly Id: string;
  /** Of the newest file; the others have it as their prefix. */
  readonly LogPath: string;
  readonly Config: { readonly Labels: Readonly<Record<string, string>> };
}

/** A volume of the engine, and where its files lie on this host. */
interface Volume {
  readonly name: string;
  readonly mountpoint: string;
  dispose(): Promise<void>;
}

/** What only a container engine has. */
export interface EngineTarget extends ContractTarget {
  createVolume(name: string): Promise<Volume>;
  /** Names of the volumes that there are. */
  listVolumes(): Promise<readonly string[]>;
  /** An image like the probe's, changed by one line of a Dockerfile. */
  deriveImage(name: string, change: string): Promise<void>;
  /** A container with the label that mounts the volume where pfcon does. */
  runPfcon(volume: string, label: string): Promise<ForeignObject>;
}

export function isEngineTarget(target: ContractTarget): target is EngineTarget {
  return 'createVolume' in target;
}

/** Docker or Podman: a throw-away engine of the suite's own, or the one that a variable names. */
export function engineTarget(
  kind: 'docker' | 'podman',
  given = process.env[`CONTRACT_${kind.toUpperCase()}_HOST`],
): EngineTarget {
  let dockerHost = given ?? '';
  let engine: AxiosInstance;
  const script = (path: string, args: readonly string[] = []) =>
    run('bash', [`${ENGINES}${path}`, ...args], {
      timeout: START_DEADLINE_MS,
      env: { ...process.env, NAME: `contract-${kind}` },
    });

  return {
    name: kind,
    features: [
      'images',
      'images-first',
      'engine-names',
      'engine-settings',
      'network-none',
      'hard-limits',
      'swap-limit',
      'process-limit',
      'refused-at-once',
      'overcommitment',
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
        const { stdout } = await script(`${kind}/up.sh`);
        dockerHost = /DOCKER_HOST=(\S+)\s*$/.exec(stdout)?.[1] ?? '';
      }
      await script('images/build.sh', [kind, dockerHost]);
      engine = axios.create({
        socketPath: dockerHost.replace('unix://', ''),
        baseURL: 'http://engine',
        validateStatus: () => true,
      });
    },
    async stop() {
      if (given === undefined) await script(`${kind}/down.sh`);
    },
    environment: () => ({ CONTAINER_ENV: kind, DOCKER_HOST: dockerHost }),
    async labels(jid) {
      return (await inspect(engine, jid)).Config.Labels;
    },
    idOf: async (jid) => (await inspect(engine, jid)).Id,
    logBytes: async (jid) => sizeOfLogs((await inspect(engine, jid)).LogPath),
    placeForeignObject: (name) => createForeign(engine, name),
    async createVolume(name) {
      const { data } = await engine.post<{ Mountpoint: string }>('/volumes/create', { Name: name });
      return {
        name,
        mountpoint: data.Mountpoint,
        dispose: async () => void (await engine.delete(`/volumes/${name}?force=1`)),
      };
    },
    async listVolumes() {
      const { data } = await engine.get<{ Volumes: { Name: string }[] | null }>('/volumes');
      return (data.Volumes ?? []).map(({ Name }) => Name);
    },
    async deriveImage(name, change) {
      const source = await createForeign(engine, `${name}-source`);
      const [repo, tag] = [`local/${name}`, '1'];
      const query = new URLSearchParams({ container: source.id, repo, tag, changes: change });
      const { status, data } = await engine.post<unknown>(`/commit?${query.toString()}`, {});
      await source.dispose();
      if (status !== 201) throw new Error(`the engine answers ${status}: ${JSON.stringify(data)}`);
    },
    runPfcon(volume, label) {
      const [key = '', value = ''] = label.split('=');
      return createForeign(engine, `${volume}-pfcon`, {
        Labels: { [key]: value },
        HostConfig: { Binds: [`${volume}:/var/local/storeBase`] },
      });
    },
    async listOwn() {
      const filters = encodeURIComponent(JSON.stringify({ label: [OWN] }));
      const { data } = await engine.get<{ Names: string[] }[]>(
        `/containers/json?all=1&filters=${filters}`,
      );
      return data.flatMap(({ Names }) => Names);
    },
  };
}

async function inspect(engine: AxiosInstance, name: string): Promise<Inspected> {
  const { data, status } = await engine.get<Inspected>(`/containers/${name}/json`);
  if (status !== 200) throw new Error(`the engine answers ${status} for ${name}`);
  return data;
}

export async function sizeOfLogs(newest: string): Promise<number> {
  const folder = dirname(newest);
  const names = (await readdir(folder)).filter((name) => name.startsWith(basename(newest)));
  const sizes = names.map(async (name) => (await stat(join(folder, name))).size);
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

/** A running container without a label of ours. */
async function createForeign(
  engine: AxiosInstance,
  name: string,
  extra: object = {},
): Promise<ForeignObject> {
  const body = { Image: IMAGE, Cmd: ['sleep', '300'], ...extra };
  const created = await engine.post<{ Id: string }>(`/containers/create?name=${name}`, body);
  const { Id: id } = created.data;
  await engine.post(`/containers/${id}/start`);
  return {
    id,
    async stillThere() {
      const { data, status } = await engine.get<{ State: { Running: boolean } }>(
        `/containers/${id}/json`,
      );
      return status === 200 && data.State.Running;
    },
    async dispose() {
      await engine.delete(`/containers/${id}?force=1`);
    },
  };
}
