import type { ContainerInspectInfo } from 'dockerode';
import { describe, expect, it } from 'vitest';
import { jobSpec } from '../../../../test/fakes/builders.js';
import { DockerEngine } from '../../../clients/docker-engine/docker-engine.js';
import { EngineError } from '../../../clients/docker-engine/engine-error.js';
import { PullCredentials } from '../docker-api/pull-credentials.js';
import { ENGINE_OPTIONS, FakeEngine, says } from './docker-fixture.js';
import { Images } from './images.js';
import { WorkerContainers } from './worker-containers.js';

const SPEC = jobSpec();
const SIGNAL = AbortSignal.timeout(60_000);

/** An engine on which the name of every container is in use. */
class NamesInUse extends DockerEngine {
  constructor(private readonly shown: object | undefined) {
    super({ kind: 'sockets', paths: [] });
  }

  override version() {
    return Promise.resolve({ engine: 'docker', version: '20.10', apiVersion: '1.41' } as const);
  }

  override createContainer(): Promise<string> {
    return Promise.reject(new EngineError(409, 'the name is already in use', false, undefined));
  }

  override findContainer(): Promise<ContainerInspectInfo | undefined> {
    return Promise.resolve(this.shown as ContainerInspectInfo | undefined);
  }
}

function create(shown: object | undefined) {
  const engine = new NamesInUse(shown);
  return new WorkerContainers(
    engine,
    ENGINE_OPTIONS,
    new Images(engine, new PullCredentials(undefined)),
  ).create(SPEC, SIGNAL);
}

/** An engine that cannot start the container `c`. */
class StartsFailing extends DockerEngine {
  readonly removed: string[] = [];
  readonly started: string[] = [];
  /** Of the container after its start has failed. */
  state = 'created';

  constructor(
    private readonly status: number,
    private readonly words: string,
  ) {
    super({ kind: 'sockets', paths: [] });
  }

  override startContainer(id: string): Promise<void> {
    if (id !== 'c') return Promise.resolve(void this.started.push(id));
    return Promise.reject(new EngineError(this.status, this.words, true, undefined));
  }

  override createContainer(): Promise<string> {
    return Promise.resolve('another');
  }

  override findContainer(id: string): Promise<ContainerInspectInfo | undefined> {
    return Promise.resolve({ Id: id, State: { Status: this.state } } as ContainerInspectInfo);
  }

  override removeContainer(id: string): Promise<void> {
    return Promise.resolve(void this.removed.push(`${id} by force`));
  }

  override removeUnstarted(id: string): Promise<void> {
    return Promise.resolve(void this.removed.push(`${id} unless it runs`));
  }
}

describe('a container that the engine does not start', () => {
  function start(engine: StartsFailing): Promise<unknown> {
    const containers = new WorkerContainers(
      engine,
      ENGINE_OPTIONS,
      new Images(engine, new PullCredentials(undefined)),
    );
    const askedAt = performance.now();
    return containers.start(SPEC, [{ id: 'c', worker: 0, isNew: true, askedAt }], SIGNAL);
  }

  it('for what is wrong with the job is removed', async () => {
    const engine = new StartsFailing(500, 'exec: "nope": executable file not found');
    await expect(start(engine)).rejects.toMatchObject({ code: 'JobRefused', retryable: false });
    expect(engine.removed).toEqual(['c unless it runs']);
  });

  it.each([
    'id already in use',
    'failed to start shim: mkdir /run/containerd/task/moby/7cf: file exists: unknown',
    'runc: runc create failed: container with given ID already exists: OCI runtime error',
  ])('for what a killed engine has left is made anew, unless it runs: %s', async (words) => {
    const engine = new StartsFailing(500, words);
    await expect(start(engine)).resolves.toMatchObject([{ id: 'another', isNew: true }]);
    expect(engine.removed).toEqual(['c unless it runs']);
    expect(engine.started).toEqual(['another']);
  });

  it.each([
    ['running', 'id already in use'],
    ['running', 'must be in Created or Stopped state to be started: container state improper'],
    ['exited', 'must be in Created or Stopped state to be started: container state improper'],
    ['exited', 'permission denied'],
  ])('and that is %s nevertheless is started, and stays', async (state, words) => {
    const engine = new StartsFailing(500, words);
    engine.state = state;
    await expect(start(engine)).resolves.toMatchObject([{ id: 'c' }]);
    expect(engine.removed).toEqual([]);
  });

  it('stays when nobody can say whether it runs', async () => {
    const engine = new StartsFailing(500, 'permission denied');
    engine.findContainer = () => Promise.reject(says(500, 'not now'));
    await expect(start(engine)).rejects.toMatchObject({ code: 'BackendError' });
    expect(engine.removed).toEqual([]);
  });

  it('because it is ending stays, and is started later', async () => {
    const engine = new StartsFailing(500, 'ttrpc: closed: unknown');
    await expect(start(engine)).rejects.toMatchObject({ code: 'BackendError', retryable: true });
    expect(engine.removed).toEqual([]);
  });
});

describe('a name that is in use when a container is to be made', () => {
  it('by a container that the engine does not show yet is asked for again later', async () => {
    await expect(create(undefined)).rejects.toMatchObject({ code: 'BackendBusy', retryable: true });
  });

  it('by a container of somebody else is taken', async () => {
    const foreign = { Id: 'f', Name: `/${SPEC.name}`, Config: { Labels: {} } };
    await expect(create(foreign)).rejects.toMatchObject({ code: 'NameTaken', retryable: false });
  });

  it('by the container of the same job is that one', async () => {
    const Labels = {
      'org.chrisproject.pman.managed-by': 'pman',
      'org.chrisproject.pman.jid': SPEC.name,
      'org.chrisproject.pman.spec-hash': SPEC.specHash,
    };
    const own = { Id: 'c', Name: `/${SPEC.name}`, Config: { Labels } };
    await expect(create(own)).resolves.toMatchObject([{ id: 'c', isNew: false }]);
  });
});

describe('a job of several workers', () => {
  const several = jobSpec({ workers: 3 });
  const [first, second, third] = [several.name, `${several.name}..1`, `${several.name}..2`];

  function serving(engine: FakeEngine): WorkerContainers {
    const images = new Images(engine, new PullCredentials(undefined));
    return new WorkerContainers(engine, ENGINE_OPTIONS, images);
  }

  it('of which the engine refuses to make one leaves none', async () => {
    const engine = new FakeEngine();
    engine.beforeCreate = (name) => name === first && Promise.reject(says(400, 'bad mount'));
    const created = serving(engine).create(several, SIGNAL);
    await expect(created).rejects.toMatchObject({ code: 'JobRefused' });
    expect(engine.removed).toEqual([`${third} unless it runs`, `${second} unless it runs`]);
    expect(engine.containers.size).toBe(0);
  });

  it('of which the engine cannot make one now leaves those that it has made', async () => {
    const engine = new FakeEngine();
    engine.beforeCreate = (name) => name === first && Promise.reject(says(500, 'busy'));
    const created = serving(engine).create(several, SIGNAL);
    await expect(created).rejects.toMatchObject({ retryable: true });
    expect(engine.containers.size).toBe(2);
  });

  it('of which the engine refuses to start one leaves none, running or not', async () => {
    const engine = new FakeEngine();
    engine.beforeStart = (name) => name === second && Promise.reject(says(400, 'no such device'));
    const containers = serving(engine);
    const started = containers.start(several, await containers.create(several, SIGNAL), SIGNAL);
    await expect(started).rejects.toMatchObject({ code: 'JobRefused' });
    expect(engine.removed).toEqual([
      `${third} by force`,
      `${second} unless it runs`,
      `${first} unless it runs`,
    ]);
  });
});
