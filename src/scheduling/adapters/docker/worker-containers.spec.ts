import type { ContainerInspectInfo } from 'dockerode';
import { describe, expect, it } from 'vitest';
import { jobSpec } from '../../../../test/fakes/builders.js';
import { DockerEngine } from '../../../clients/docker-engine/docker-engine.js';
import { EngineError } from '../../../clients/docker-engine/engine-error.js';
import type { EngineOptions } from '../docker-api/engine-options.js';
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
  return new WorkerContainers(engine, OPTIONS, new Images(engine, undefined)).create(SPEC, SIGNAL);
}

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
    await expect(create(own)).resolves.toEqual([{ id: 'c', isNew: false }]);
  });
});
