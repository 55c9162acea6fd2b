import { describe, expect, it } from 'vitest';
import { jobName } from '../../../../test/fakes/builders.js';
import type { SwarmService, SwarmTask } from '../../../clients/docker-engine/swarm-engine.js';
import { isBeingRemoved, isJob, newestTasks, toJob } from './swarm-job.js';

const NAME = jobName('job-1');

function service(labels: Readonly<Record<string, string>> = {}, Name = 'job-1'): SwarmService {
  const Labels = {
    'org.chrisproject.pman.managed-by': 'pman',
    'org.chrisproject.pman.jid': 'job-1',
    'org.chrisproject.pman.image': 'alpine:3',
    ...labels,
  };
  const ContainerSpec = { Image: 'alpine:3@sha256:0', Args: ['a', 'b'] };
  const spec = { Name, Labels, TaskTemplate: { ContainerSpec } };
  return { ID: 's1', Version: { Index: 1 }, Spec: spec, UpdatedAt: 'then' } as SwarmService;
}

interface TaskChanges {
  readonly Slot?: number;
  readonly Index?: number;
  readonly State?: string;
  readonly DesiredState?: string;
  readonly ServiceID?: string;
}

function task(changes: TaskChanges) {
  const { Slot = 1, Index = 1, State = 'running', ServiceID = 's1' } = changes;
  const { DesiredState = 'running' } = changes;
  const Status = { State, Timestamp: '2026-01-01T00:00:00Z' };
  return {
    ID: `t${Index}`,
    Slot,
    Version: { Index },
    ServiceID,
    DesiredState,
    Status,
  } as SwarmTask;
}

describe('a service is a job', () => {
  it('by its name and its labels', () => {
    expect(isJob(service(), NAME)).toBe(true);
    expect(isJob(service({}, 'other'), NAME)).toBe(false);
    expect(isJob(service({ 'org.chrisproject.pman.managed-by': 'x' }), NAME)).toBe(false);
    expect(isJob(service({ 'org.chrisproject.pman.jid': 'job-2' }), NAME)).toBe(false);
  });

  it('until its removal has begun', () => {
    expect(isBeingRemoved(service({ 'org.chrisproject.pman.ended': 'removed' }))).toBe(true);
    expect(isBeingRemoved(service())).toBe(false);
  });
});

describe('the tasks of a job', () => {
  it('are the newest of each worker, in the order of the workers', () => {
    const tasks = [
      task({ Slot: 2, Index: 4 }),
      task({ Slot: 1, Index: 2 }),
      task({ Slot: 1, Index: 7 }),
      task({ Slot: 1, Index: 3 }),
      task({ Slot: 3, Index: 9, ServiceID: 'other' }),
    ];
    const workers = service({ 'org.chrisproject.pman.workers': '3' });
    expect(newestTasks(workers, tasks).map((newest) => newest?.ID)).toEqual([
      't7',
      't4',
      undefined,
    ]);
  });
});

describe('a job', () => {
  it('tells no path of a node: its mounts are named as it sees them', () => {
    const made = service();
    const mounts = [
      { Type: 'bind', Source: '/srv/store/key/incoming', Target: '/share/incoming' },
      { Type: 'tmpfs', Target: '/dev/shm' },
    ];
    Object.assign((made.Spec.TaskTemplate as { ContainerSpec: object }).ContainerSpec, {
      Mounts: mounts,
    });
    const Err = 'invalid mount config: bind source path does not exist: /srv/store/key/incoming';
    const rejected = task({ State: 'rejected' });
    const waiting = task({ State: 'pending' });
    for (const seen of [rejected, waiting]) {
      const { message } = toJob(NAME, made, [{ ...seen, Status: { ...seen.Status, Err } }]).state;
      expect(message).toContain('does not exist: /share/incoming');
      expect(message).not.toContain('/srv');
    }
  });

  it('is cancelled of a service that somebody has scaled down, once the swarm has no task of it', () => {
    const scaled = service({ 'org.chrisproject.pman.workers': '2' });
    const Mode = { Replicated: { Replicas: 0 } };
    const away = { ...scaled, Spec: { ...scaled.Spec, Mode } } as SwarmService;
    expect(toJob(NAME, away, [task({}), task({ Slot: 2 })]).state.status).toBe('started');
    expect(toJob(NAME, away, [task({})]).state.status).toBe('started');
    expect(toJob(NAME, away, []).state).toMatchObject({
      status: 'finishedWithError',
      reason: 'Cancelled',
      message: expect.stringContaining('scaled down'),
      timestamp: 'then',
    });
  });

  it('has its image and command before it has a task', () => {
    expect(toJob(NAME, service(), [])).toMatchObject({
      image: 'alpine:3',
      command: ['a', 'b'],
      state: { status: 'notstarted' },
    });
  });

  it('has another mark when a task has another state', () => {
    const before = toJob(NAME, service(), [task({ State: 'starting' })]).mark;
    expect(toJob(NAME, service(), [task({ State: 'running' })]).mark).not.toBe(before);
  });

  it('has another mark when the swarm gives its task up', () => {
    const before = toJob(NAME, service(), [task({})]).mark;
    expect(toJob(NAME, service(), [task({ DesiredState: 'shutdown' })]).mark).not.toBe(before);
  });

  it('has a deadline while it runs, counted from its start', () => {
    const limited = service({ 'org.chrisproject.pman.time-limit': '60' });
    expect(toJob(NAME, limited, [task({})]).deadline).toBe('2026-01-01T00:01:00.000Z');
    expect(toJob(NAME, limited, [task({ State: 'complete' })]).deadline).toBeUndefined();
  });

  it.each([
    ['Cancelled', 'cancelled'],
    ['TimeLimit', 'time limit'],
  ])('that was ended with %s says so, although its tasks are gone', (reason, words) => {
    const ended = service({
      'org.chrisproject.pman.ended': reason,
      'org.chrisproject.pman.time-limit': '60',
    });
    const { state } = toJob(NAME, ended, []);
    expect(state).toMatchObject({ status: 'finishedWithError', reason, timestamp: 'then' });
    expect(state.message).toContain(words);
  });
});
