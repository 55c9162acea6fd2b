import type { ContainerInspectInfo } from 'dockerode';
import { describe, expect, it } from 'vitest';
import { jobSpec } from '../../../../test/fakes/builders.js';
import { DockerEngine } from '../../../clients/docker-engine/docker-engine.js';
import { EngineError } from '../../../clients/docker-engine/engine-error.js';
import type { EngineOptions } from '../docker-api/engine-options.js';
import { PullCredentials } from '../docker-api/pull-credentials.js';
import { Images } from './images.js';
import { WorkerContainers } from './worker-containers.js';

const SPEC = jobSpec();
const OPTIONS: EngineOptions = {
  memoryLimit: 'hard',
  capabilities: 'minimal',
  network: undefined,
  imageEntrypoint: 'keep',
  logFileMebibytes: 10,
  registryAuthFile: undefined,
};
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
    OPTIONS,
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
      OPTIONS,
      new Images(engine, new PullCredentials(undefined)),
    );
    const askedAt = performance.now();
    return containers.start(SPEC, [{ id: 'c', worker: 0, isNew: true, askedAt }], SIGNAL);
  }

  it('for what is wrong with the job is removed', async () => {
    const engine = new StartsFailing(500, 'exec: "nope": executable file not found');
    await expect(start(engine)).rejects.toMatchObject({ code: 'JobRefused', retryable: false });
    expect(engine.removed).toEqual(['c by force']);
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

  it.each(['running', 'exited'])('and that is %s nevertheless stays', async (state) => {
    const engine = new StartsFailing(500, 'id already in use');
    engine.state = state;
    await expect(start(engine)).rejects.toMatchObject({ retryable: true });
    expect(engine.removed).toEqual([]);
  });

  it('because it is ending stays, and is started later', async () => {
    const engine = new StartsFailing(500, 'ttrpc: closed: unknown');
    await expect(start(engine)).rejects.toMatchObject({ code: 'BackendError', retryable: true });
    expect(engine.removed).toEqual([]);
  });
});

/** An engine on which another replica starts a container, and it ends, while this one is held up. */
class RunsMeanwhile extends DockerEngine {
  starts = 0;

  constructor(private readonly clock: { now: number }) {
    super({ kind: 'sockets', paths: [] });
  }

  override startContainer(): Promise<void> {
    this.starts += 1;
    return Promise.resolve();
  }

  override findContainer(id: string): Promise<ContainerInspectInfo | undefined> {
    const Status = this.clock.now < 3_000 ? 'created' : 'exited';
    // The answer comes after the time in which the container has run.
    if (this.clock.now < 3_000 && this.isSlow) this.clock.now = 3_000;
    return Promise.resolve({ Id: id, State: { Status } } as ContainerInspectInfo);
  }

  isSlow = false;
}

describe('a start', () => {
  async function startsAt(now: number, isNew: boolean, isSlow = false): Promise<number> {
    const clock = { now };
    const engine = new RunsMeanwhile(clock);
    engine.isSlow = isSlow;
    const images = new Images(engine, new PullCredentials(undefined));
    const containers = new WorkerContainers(engine, OPTIONS, images, () => clock.now);
    await containers.start(SPEC, [{ id: 'c', worker: 0, isNew, askedAt: 0 }], SIGNAL);
    return engine.starts;
  }

  it('follows the creation at once', async () => {
    expect(await startsAt(100, true)).toBe(1);
  });

  it('that comes late is made only if the container still waits', async () => {
    expect(await startsAt(2_000, true)).toBe(1);
    expect(await startsAt(4_000, true)).toBe(0);
  });

  it('of what another submission made follows a look', async () => {
    expect(await startsAt(100, false)).toBe(1);
    expect(await startsAt(4_000, false)).toBe(0);
  });

  it('is not made when the look itself took long', async () => {
    expect(await startsAt(100, false, true)).toBe(0);
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
