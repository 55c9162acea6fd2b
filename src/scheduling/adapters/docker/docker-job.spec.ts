import type { ContainerInspectInfo } from 'dockerode';
import { describe, expect, it } from 'vitest';
import { jobName, jobSpec } from '../../../../test/fakes/builders.js';
import { isWorker, specHashOf, toJob, toSubmittedJob } from './docker-job.js';

const NAME = jobName('job-1');
const ID = '7cf0c1b2a3';

function container(changes: {
  readonly Name?: string;
  readonly Labels?: Record<string, string>;
  readonly Config?: object;
  readonly State?: object;
}): ContainerInspectInfo {
  const Labels = {
    'org.chrisproject.pman.managed-by': 'pman',
    'org.chrisproject.pman.jid': 'job-1',
    'org.chrisproject.pman.spec-hash': 'abc',
    'org.chrisproject.pman.workers': '1',
    ...changes.Labels,
  };
  return {
    Id: ID,
    Name: changes.Name ?? '/job-1',
    Config: { Image: 'alpine:3', Cmd: ['a', 'b'], Entrypoint: null, ...changes.Config, Labels },
    State: {
      Status: 'exited',
      ExitCode: 0,
      OOMKilled: false,
      StartedAt: '2026-01-01T00:00:00Z',
      FinishedAt: '2026-01-01T00:00:01Z',
      ...changes.State,
    },
    HostConfig: { Memory: 0 },
  } as unknown as ContainerInspectInfo;
}

describe('a container is a worker of a job', () => {
  it('by its name and its labels', () => {
    expect(isWorker(container({}), NAME, 0)).toBe(true);
    expect(isWorker(container({ Name: '/job-1..1' }), NAME, 1)).toBe(true);
  });

  it.each([
    ['of another name, found by its id', container({ Name: '/other' }), jobName('7cf')],
    ['of a name that only begins like it', container({ Name: '/job-10' }), NAME],
    ['without our label', container({ Labels: { 'org.chrisproject.pman.managed-by': '' } }), NAME],
    [
      'managed by somebody else',
      container({ Labels: { 'org.chrisproject.pman.managed-by': 'x' } }),
      NAME,
    ],
    ['of another job', container({ Labels: { 'org.chrisproject.pman.jid': 'job-2' } }), NAME],
    ['of another worker', container({ Name: '/job-1..1' }), NAME],
  ])('but not one %s', (_words, other, name) => {
    expect(isWorker(other, name, 0)).toBe(false);
  });
});

describe('a job from its containers', () => {
  it('has image, command, hash and state of the first', () => {
    expect(toJob(NAME, container({}), [])).toMatchObject({
      name: 'job-1',
      specHash: 'abc',
      incarnation: ID,
      image: 'alpine:3',
      command: ['a', 'b'],
      state: { status: 'finishedSuccessfully', timestamp: '2026-01-01T00:00:01Z' },
    });
  });

  it("leaves the image's entrypoint out of the command", () => {
    const first = container({ Config: { Entrypoint: ['/tini', '--'] } });
    expect(toJob(NAME, first, []).command).toEqual(['a', 'b']);
  });

  it('counts an entrypoint that we have put there', () => {
    const Labels = { 'org.chrisproject.pman.entrypoint': 'replaced' };
    const first = container({ Labels, Config: { Entrypoint: ['prog'], Cmd: ['x'] } });
    expect(toJob(NAME, first, []).command).toEqual(['prog', 'x']);
  });

  it('without a command has none', () => {
    expect(toJob(NAME, container({ Config: { Cmd: null } }), []).command).toEqual([]);
  });

  it('has failed when the container of a worker is gone', () => {
    expect(toJob(NAME, container({}), [undefined]).state).toMatchObject({
      status: 'finishedWithError',
      reason: 'BackendError',
      message: 'worker 2 of 2: its container was removed from the engine',
    });
  });

  it('is partly started while a worker waits and another has begun', () => {
    const worker = (Status: string) =>
      container({ State: { Status, ...(Status === 'created' && { StartedAt: '' }) } });
    const isPartlyStarted = (first: string, second: string): boolean | undefined =>
      toJob(NAME, worker(first), [worker(second)]).isPartlyStarted;
    expect(isPartlyStarted('running', 'created')).toBe(true);
    expect(isPartlyStarted('created', 'exited')).toBe(true);
    expect(isPartlyStarted('created', 'created')).toBeUndefined();
    expect(isPartlyStarted('running', 'exited')).toBeUndefined();
    expect(isPartlyStarted('exited', 'exited')).toBeUndefined();
  });

  it('has another mark as soon as a worker has another state', () => {
    const running = { Status: 'running' };
    const before = toJob(NAME, container({}), [container({ State: running })]);
    const after = toJob(NAME, container({}), [container({})]);
    const gone = toJob(NAME, container({}), [undefined]);
    expect(new Set([before.mark, after.mark, gone.mark]).size).toBe(3);
  });

  it('without a hash has one that equals no other', () => {
    const Labels = { 'org.chrisproject.pman.spec-hash': undefined } as unknown as Record<
      string,
      string
    >;
    expect(specHashOf(container({ Labels }))).toBe('');
  });
});

describe('a job that was just submitted', () => {
  it('is not started, and has the identity of its first container', () => {
    expect(toSubmittedJob(jobSpec(), [{ id: 'a' }, { id: 'b' }])).toMatchObject({
      name: 'job-1',
      incarnation: 'a',
      image: jobSpec().image,
      command: jobSpec().command,
      state: { status: 'notstarted', timestamp: '' },
    });
  });
});
