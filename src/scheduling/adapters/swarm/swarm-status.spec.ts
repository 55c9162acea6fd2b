import { describe, expect, it } from 'vitest';
import type { SwarmTask } from '../../../clients/docker-engine/swarm-engine.js';
import { mayHaveLog, TASK_MEANING, taskToState } from './swarm-status.js';

const AT = '2026-01-01T00:00:01Z';
const NO_LIMITS = { memory: 0, time: undefined };

type Status = Partial<SwarmTask['Status']> & { readonly ExitCode?: number };

function task({ ExitCode = 0, ...status }: Status, DesiredState = 'running'): SwarmTask {
  return {
    ID: 't1',
    Version: { Index: 1 },
    ServiceID: 's1',
    Slot: 1,
    DesiredState,
    Status: { Timestamp: AT, State: 'running', ContainerStatus: { ExitCode }, ...status },
  };
}

const stateOf = (status: Status, desired?: string, limits: object = {}) =>
  taskToState(task(status, desired), { ...NO_LIMITS, ...limits });

describe('the state of a worker', () => {
  it.each([
    ['new', 'notstarted'],
    ['allocated', 'notstarted'],
    ['pending', 'notstarted'],
    ['assigned', 'notstarted'],
    ['accepted', 'notstarted'],
    ['preparing', 'notstarted'],
    ['ready', 'notstarted'],
    ['starting', 'notstarted'],
    ['running', 'started'],
    ['complete', 'finishedSuccessfully'],
    ['failed', 'finishedWithError'],
    ['rejected', 'finishedWithError'],
    ['shutdown', 'finishedWithError'],
    ['remove', 'finishedWithError'],
    ['orphaned', 'finishedWithError'],
  ])('of a task that is %s is %s', (State, status) => {
    expect(TASK_MEANING.has(State)).toBe(true);
    expect(stateOf({ State, ExitCode: status === 'finishedWithError' ? 1 : 0 }).status).toBe(
      status,
    );
  });

  it('is notstarted before there is a task', () => {
    expect(taskToState(undefined, NO_LIMITS)).toMatchObject({
      status: 'notstarted',
      message: 'waiting for the swarm',
    });
  });

  it('is started where the word is not known: a wrong end cannot be taken back', () => {
    expect(stateOf({ State: 'levitating' }).status).toBe('started');
  });

  it.each(['shutdown', 'remove'])('is no success of one that is %s, whatever its code', (State) => {
    expect(stateOf({ State })).toMatchObject({
      status: 'finishedWithError',
      reason: 'Evicted',
      message: 'given up by the swarm before it began: its node was down or drained',
    });
    expect(stateOf({ State, ContainerStatus: { ContainerID: 'c1', ExitCode: 0 } }).message).toBe(
      'given up by the swarm before it had finished: its node was down or drained',
    );
    expect(stateOf({ State, ExitCode: 137 })).toMatchObject({ reason: 'Signal', exitCode: 137 });
  });

  it('tells why it waits in the words of the swarm', () => {
    const Err = 'no suitable node (insufficient resources on 3 nodes)';
    expect(stateOf({ State: 'pending', Err }).message).toBe(Err);
  });

  it('is still started on a node that does not answer, and says so', () => {
    expect(stateOf({ State: 'running' }, 'shutdown')).toMatchObject({
      status: 'started',
      message: 'being ended, or its node is down',
    });
  });

  it('is lost with its node', () => {
    expect(stateOf({ State: 'orphaned' })).toMatchObject({
      status: 'finishedWithError',
      reason: 'NodeLost',
      timestamp: AT,
    });
  });

  it.each([
    ['rejected', 'No such image: a:1', 'ImagePull'],
    [
      'rejected',
      'invalid mount config for type "bind": bind source path does not exist: /x',
      'MountFailed',
    ],
    ['failed', 'exec: "/no/such": stat /no/such: no such file or directory: unknown', 'BadCommand'],
    ['failed', 'exec: "/tmp": permission denied: unknown', 'BadCommand'],
    ['rejected', 'Range of CPUs is from 0.01 to 2.00', 'BackendError'],
  ])('of one that was %s with "%s" is an error in these words', (State, Err, reason) => {
    const state = stateOf({ State, Err, Message: 'starting', ExitCode: 127 });
    expect(state).toMatchObject({ status: 'finishedWithError', reason });
    expect(state.message).toBe(`the swarm could not run it: ${Err}`);
  });

  it('of a command that was killed under a memory limit has a guess why', () => {
    const killed = { State: 'failed', Message: 'started', ExitCode: 137 };
    const memory = 16 * 1024 * 1024;
    expect(stateOf(killed, 'shutdown', { memory }).message).toBe(
      'ended by signal SIGKILL (exit code 137), most likely out of memory (limit 16 MiB)',
    );
    expect(stateOf(killed, 'shutdown').message).toBe('ended by signal SIGKILL (exit code 137)');
  });

  it('of a command that failed has its exit code', () => {
    const Err = 'task: non-zero exit (3)';
    expect(stateOf({ State: 'failed', Message: 'started', Err, ExitCode: 3 })).toEqual({
      status: 'finishedWithError',
      reason: 'NonZeroExit',
      message: 'exited with code 3',
      exitCode: 3,
      timestamp: AT,
    });
  });
});

describe('the log of a task', () => {
  const ContainerStatus = { ContainerID: 'c1' };

  it.each(['running', 'complete', 'failed', 'shutdown'])('can be read once it is %s', (State) => {
    expect(mayHaveLog(task({ State, ContainerStatus }))).toBe(true);
    expect(mayHaveLog(task({ State, ContainerStatus: { ContainerID: '' } }))).toBe(false);
  });

  it.each(['preparing', 'starting'])('is not waited for while it is %s', (State) => {
    expect(mayHaveLog(task({ State, ContainerStatus }))).toBe(false);
  });
});
