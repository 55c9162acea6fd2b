import { Readable } from 'node:stream';
import type { ServiceSpec } from 'dockerode';
import { describe, expect, it } from 'vitest';
import { jobName, jobSpec } from '../../../../test/fakes/builders.js';
import type {
  SwarmEngine,
  SwarmService,
  SwarmTask,
} from '../../../clients/docker-engine/swarm-engine.js';
import { EngineError } from '../../../clients/docker-engine/engine-error.js';
import { PullCredentials } from '../docker-api/pull-credentials.js';
import { GenericResources } from './generic-resources.js';
import { SwarmScheduler } from './swarm.scheduler.js';

const NAME = jobName('job-1');
const NOW = Date.parse('2026-01-01T00:10:00Z');
const LONG_AGO = '2026-01-01T00:00:00.5Z';
const JUST_NOW = '2026-01-01T00:09:30Z';
const REMOVED = { 'org.chrisproject.pman.ended': 'removed' };

/** A line as the engine multiplexes it. */
const SAID = Buffer.from('\u0001\0\0\0\0\0\0\u0005said\n');

const soon = (): AbortSignal => AbortSignal.timeout(5_000);

function service(labels: Readonly<Record<string, string>> = {}, UpdatedAt = LONG_AGO) {
  const Labels = {
    'org.chrisproject.pman.managed-by': 'pman',
    'org.chrisproject.pman.jid': 'job-1',
    ...labels,
  };
  const Spec = { Name: 'job-1', Labels, TaskTemplate: { ContainerSpec: { Image: 'a' } } };
  return { ID: 's1', Version: { Index: 1 }, Spec, UpdatedAt } as unknown as SwarmService;
}

function task(State = 'running', NodeID = 'n1'): SwarmTask {
  const Status = { State, Timestamp: JUST_NOW };
  return {
    ID: 't1',
    Slot: 1,
    Version: { Index: 1 },
    ServiceID: 's1',
    NodeID,
    DesiredState: 'running',
    Status,
  };
}

/** A swarm with one service at most. */
class Swarm {
  service: SwarmService | undefined = service();
  tasks: readonly SwarmTask[] = [];
  nodeState = 'ready';
  apiVersion = '1.41';
  failure: EngineError | undefined;
  readonly hasAnswered = true;
  readonly did: string[] = [];

  findService = () => Promise.resolve(this.service);
  listServices = () => Promise.resolve(this.service === undefined ? [] : [this.service]);
  listTasks = () => Promise.resolve(this.tasks);
  listTasksOf = () => Promise.resolve(this.tasks);
  listNodes = () => Promise.resolve([{ ID: 'n1', Status: { State: this.nodeState } }]);
  listContainers = () => Promise.resolve([]);
  now = () => Promise.resolve(NOW);
  version = () => Promise.resolve({ apiVersion: this.apiVersion });
  createService = () => this.act('create', () => undefined);
  removeService = () => this.act('remove', () => (this.service = undefined));
  updateService = (_: SwarmService, Spec: ServiceSpec) =>
    this.act('update', () => (this.service = { ...service(), Spec }));

  private act(what: string, change: () => unknown): Promise<string> {
    if (this.failure !== undefined) return Promise.reject(this.failure);
    this.did.push(what);
    change();
    return Promise.resolve('s1');
  }
}

function schedulerOf(swarm: Swarm): SwarmScheduler {
  const engine = swarm as unknown as SwarmEngine;
  return new SwarmScheduler(
    engine,
    {
      memoryLimit: 'hard',
      capabilities: 'minimal',
      network: undefined,
      imageEntrypoint: 'keep',
      logFileMebibytes: 10,
      registryAuthFile: undefined,
      nodeSelector: {},
      gpuResource: 'gpu',
    },
    new PullCredentials(undefined),
    new GenericResources(engine, 'gpu'),
  );
}

/** A swarm that has these tasks after so many updates. */
function endingWith(tasks: readonly SwarmTask[], updates = 1): Swarm {
  const swarm = new Swarm();
  const update = swarm.updateService;
  swarm.updateService = (...change) => {
    if (swarm.did.length + 1 >= updates) swarm.tasks = tasks;
    return update(...change);
  };
  return swarm;
}

describe('a removal that was left unfinished', () => {
  it('is brought to its end by the next one, which finds no job', async () => {
    const swarm = new Swarm();
    swarm.service = service(REMOVED);
    await expect(schedulerOf(swarm).remove(NAME, soon())).rejects.toMatchObject({
      code: 'JobNotFound',
    });
    expect(swarm.did).toEqual(['remove']);
  });

  it('is brought to its end by a list when whoever began it must have died', async () => {
    const swarm = new Swarm();
    swarm.service = service(REMOVED, LONG_AGO);
    expect(await schedulerOf(swarm).list(soon())).toEqual([]);
    expect(swarm.did).toEqual(['remove']);
  });

  it.each<[string, SwarmService, readonly SwarmTask[]]>([
    ['is still underway', service(REMOVED, JUST_NOW), []],
    ['has something running', service(REMOVED), [task()]],
    ['is none', service({ 'org.chrisproject.pman.ended': 'Cancelled' }), []],
    ['is somebody else’s', service({ ...REMOVED, 'org.chrisproject.pman.jid': 'job-2' }), []],
  ])('is left alone by a list where it %s', async (_words, present, tasks) => {
    const swarm = Object.assign(new Swarm(), { service: present, tasks });
    await schedulerOf(swarm).list(soon());
    expect(swarm.did).toEqual([]);
  });

  it('does not wait for a node that is down', async () => {
    const swarm = Object.assign(new Swarm(), { tasks: [task()], nodeState: 'down' });
    swarm.service = service(REMOVED);
    await schedulerOf(swarm).list(soon());
    expect(swarm.did).toEqual(['remove']);
  });

  it('reminds the swarm of a task that has ended', async () => {
    const swarm = Object.assign(endingWith([]), { tasks: [task('complete')] });
    swarm.service = service(REMOVED);
    await schedulerOf(swarm).list(soon());
    expect(swarm.did).toEqual(['update']);
    await schedulerOf(swarm).list(soon());
    expect(swarm.did).toEqual(['update', 'remove']);
  });

  it('keeps no list from its answer', async () => {
    const failure = new EngineError(500, 'boom', true, undefined);
    const swarm = Object.assign(new Swarm(), { service: service(REMOVED), failure });
    expect(await schedulerOf(swarm).list(soon())).toEqual([]);
  });
});

describe('a job that the swarm does not end in time', () => {
  it.each(['stop', 'remove'] as const)('is a passing fault of a %s', async (what) => {
    const swarm = Object.assign(new Swarm(), { tasks: [task()] });
    const ended = schedulerOf(swarm)[what](NAME, AbortSignal.timeout(50));
    await expect(ended).rejects.toMatchObject({
      code: 'BackendUnavailable',
      retryable: true,
      message: 'the swarm has not ended the job in time',
    });
  });
});

describe('a job whose task ends by itself as it is told to', () => {
  it.each<['stop' | 'remove', readonly string[]]>([
    ['stop', ['update', 'update']],
    ['remove', ['update', 'update', 'remove']],
  ])('is told again by a %s, for the swarm keeps it', async (what, did) => {
    const swarm = endingWith([], 2);
    setTimeout(() => (swarm.tasks = [task('complete')]), 100);
    swarm.tasks = [task()];
    await schedulerOf(swarm)[what](NAME, soon());
    expect(swarm.did).toEqual(did);
  });
});

describe('a job that is stopped while it is starting', () => {
  it('keeps what it has written by the time it is known to run', async () => {
    const swarm = Object.assign(endingWith([]), {
      tasks: [task('starting')],
      readTaskLogs: () => Promise.resolve(Readable.from([SAID])),
    });
    setTimeout(() => {
      const Status = { State: 'running', ContainerStatus: { ContainerID: 'c1' } };
      swarm.tasks = [{ ...task(), Status }];
    }, 50);
    await schedulerOf(swarm).stop(NAME, soon());
    expect(swarm.service?.Spec.Labels?.['org.chrisproject.pman.log']).toBe('said\n');
  });

  it('is not waited for where no node has it', async () => {
    const swarm = Object.assign(endingWith([]), { tasks: [task('pending', '')] });
    await schedulerOf(swarm).stop(NAME, AbortSignal.timeout(100));
    expect(swarm.did).toEqual(['update']);
  });
});

describe('a job whose task has vanished', () => {
  it('has not gone back to waiting', async () => {
    const swarm = Object.assign(new Swarm(), { tasks: [task()] });
    const scheduler = schedulerOf(swarm);
    const { state: running } = await scheduler.find(NAME, soon());
    swarm.tasks = [];
    expect((await scheduler.find(NAME, soon())).state).toEqual({
      ...running,
      message: 'the swarm has no task of it any more, and does not tell how it ended',
    });
    const [listed] = await scheduler.list(soon());
    expect((await scheduler.find(NAME, soon())).mark).toBe(listed?.mark);
  });

  it('has ended as it did where that was seen', async () => {
    const swarm = Object.assign(new Swarm(), { tasks: [task()] });
    const scheduler = schedulerOf(swarm);
    await scheduler.find(NAME, soon());
    swarm.tasks = [task('complete')];
    expect((await scheduler.find(NAME, soon())).state.status).toBe('finishedSuccessfully');
  });

  it('is forgotten with its service', async () => {
    const swarm = Object.assign(new Swarm(), { tasks: [task()] });
    const scheduler = schedulerOf(swarm);
    await scheduler.find(NAME, soon());
    Object.assign(swarm, { tasks: [], service: undefined });
    await scheduler.list(soon());
    swarm.service = service();
    expect((await scheduler.find(NAME, soon())).state.status).toBe('notstarted');
  });
});

describe('an engine that is too old for the limits of jobs', () => {
  it('gets none', async () => {
    const swarm = Object.assign(new Swarm(), { apiVersion: '1.40' });
    await expect(schedulerOf(swarm).submit(jobSpec(), soon())).rejects.toMatchObject({
      code: 'BackendUnavailable',
      retryable: false,
      message: expect.stringContaining('1.40'),
    });
    expect(swarm.did).toEqual([]);
  });
});
