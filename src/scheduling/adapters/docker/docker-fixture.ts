import type {
  ContainerCreateOptions,
  ContainerInfo,
  ContainerInspectInfo,
  VolumeInspectInfo,
} from 'dockerode';
import { DockerEngine, type EngineKind } from '../../../clients/docker-engine/docker-engine.js';
import { EngineError } from '../../../clients/docker-engine/engine-error.js';
import type { EngineOptions } from '../docker-api/engine-options.js';

export const ENGINE_OPTIONS: EngineOptions = {
  memoryLimit: 'hard',
  capabilities: 'minimal',
  network: undefined,
  imageEntrypoint: 'keep',
  logFileMebibytes: 10,
  registryAuthFile: undefined,
};

const NEVER = '0001-01-01T00:00:00Z';
const START = '2026-01-02T03:04:05Z';
const END = '2026-01-02T03:04:06Z';

export interface FakeContainer {
  readonly id: string;
  readonly name: string;
  readonly labels: Record<string, string>;
  state: 'created' | 'running' | 'exited';
  startedAt: string;
  runs: number;
}

type Hook = (name: string) => unknown;

/** Containers and volumes of an engine, as far as jobs use them. */
export class FakeEngine extends DockerEngine {
  readonly containers = new Map<string, FakeContainer>();
  readonly volumes = new Map<string, VolumeInspectInfo>();
  /** What was removed and how, in order. */
  readonly removed: string[] = [];
  /** Run, or thrown, by name of the container, before the engine acts. */
  beforeCreate: Hook = () => undefined;
  beforeStart: Hook = () => undefined;
  beforeLook: Hook = () => undefined;
  versionsAsked = 0;
  private count = 0;

  constructor(private readonly as: EngineKind = 'docker') {
    super({ kind: 'sockets', paths: [] });
  }

  override version() {
    this.versionsAsked += 1;
    return Promise.resolve({ engine: this.as, version: '1', apiVersion: '1.41' });
  }

  override async createContainer(body: ContainerCreateOptions): Promise<string> {
    const name = body.name ?? '';
    await this.beforeCreate(name);
    if (this.named(name)) throw says(409, `the name "${name}" is already in use`);
    const id = `c${(this.count += 1)}`;
    const labels = { ...body.Labels };
    this.containers.set(id, { id, name, labels, state: 'created', startedAt: NEVER, runs: 0 });
    return id;
  }

  override async startContainer(key: string): Promise<void> {
    await this.beforeStart(this.named(key)?.name ?? key);
    const container = this.named(key);
    if (container === undefined) throw says(404, `No such container: ${key}`);
    if (container.state !== 'running') this.run(container);
  }

  /** Somebody else starts it. */
  run(container: FakeContainer): void {
    Object.assign(container, { state: 'running', startedAt: START, runs: container.runs + 1 });
  }

  override async findContainer(key: string): Promise<ContainerInspectInfo | undefined> {
    await this.beforeLook(this.named(key)?.name ?? key);
    const container = this.named(key);
    return container && inspected(container);
  }

  override listContainers<T>(_: unknown, take: (container: ContainerInfo) => T): Promise<T[]> {
    const listed = [...this.containers.values()].map(({ id, name, labels, state }) => {
      return { Id: id, Names: [`/${name}`], Labels: labels, State: state };
    });
    return Promise.resolve((listed as unknown as ContainerInfo[]).map(take));
  }

  override removeContainer(key: string): Promise<void> {
    if (!this.named(key)) return Promise.reject(says(404, `No such container: ${key}`));
    return this.remove(key, 'by force');
  }

  override removeUnstarted(key: string): Promise<void> {
    if (this.named(key)?.state === 'running') return Promise.resolve();
    return this.remove(key, 'unless it runs');
  }

  override createVolume(name: string, labels: Readonly<Record<string, string>>): Promise<void> {
    const volume = { Name: name, Labels: { ...labels }, CreatedAt: START };
    if (!this.volumes.has(name)) this.volumes.set(name, volume as never);
    return Promise.resolve();
  }

  override findVolume(name: string) {
    return Promise.resolve(this.volumes.get(name));
  }

  override removeVolume(name: string): Promise<boolean> {
    return Promise.resolve(this.volumes.delete(name));
  }

  override listVolumes() {
    return Promise.resolve([...this.volumes.values()]);
  }

  named(key: string): FakeContainer | undefined {
    return (
      this.containers.get(key) ?? [...this.containers.values()].find(({ name }) => name === key)
    );
  }

  private remove(key: string, how: string): Promise<void> {
    const container = this.named(key);
    if (container === undefined) return Promise.resolve();
    this.removed.push(`${container.name} ${how}`);
    this.containers.delete(container.id);
    return Promise.resolve();
  }
}

export function says(status: number, words: string): EngineError {
  return new EngineError(status, words, status >= 500, undefined);
}

function inspected({ id, name, labels, state, startedAt }: FakeContainer): ContainerInspectInfo {
  const FinishedAt = state === 'exited' ? END : NEVER;
  return {
    Id: id,
    Name: `/${name}`,
    State: { Status: state, StartedAt: startedAt, FinishedAt, ExitCode: 0, Error: '' },
    Config: { Labels: labels, Cmd: ['true'], Image: 'x' },
    HostConfig: {},
  } as unknown as ContainerInspectInfo;
}
