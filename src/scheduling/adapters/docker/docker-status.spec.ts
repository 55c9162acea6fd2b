import type { ContainerInspectInfo } from 'dockerode';
import { describe, expect, it } from 'vitest';
import type { EngineKind } from '../../../clients/docker-engine/docker-engine.js';
import { seconds } from '../../../shared/units.js';
import { STATE_MEANING, containerToState as toState } from './docker-status.js';

type State = ContainerInspectInfo['State'];

const START = '2026-01-02T03:04:05.678901234Z';
const END = '2026-01-02T03:05:06.789012345Z';
const NEVER = '0001-01-01T00:00:00Z';
const MIB = 1024 * 1024;

function state(changes: Partial<State> & { readonly Error?: string }): State {
  return {
    Status: 'created',
    Running: false,
    Paused: false,
    Restarting: false,
    OOMKilled: false,
    Dead: false,
    Pid: 0,
    ExitCode: 0,
    Error: '',
    StartedAt: NEVER,
    FinishedAt: NEVER,
    ...changes,
  };
}

const containerToState = (container: State, memory: number, engine?: EngineKind) =>
  toState(container, { memory, time: undefined }, engine);

describe('a container that has not run', () => {
  it.each(['created', 'configured', 'initialized'])('%s is not started', (Status) => {
    expect(containerToState(state({ Status }), 0)).toEqual({
      status: 'notstarted',
      message: 'waiting to be started',
      timestamp: '',
    });
  });

  it('because the engine failed to start it is an error with the words of the engine', () => {
    const words = 'exec: "nope": executable file not found in $PATH: unknown\n';
    expect(containerToState(state({ Error: words, ExitCode: 127 }), 0)).toEqual({
      status: 'finishedWithError',
      reason: 'BadCommand',
      message: `the engine could not start it: ${words.trim()}`,
      exitCode: 127,
      timestamp: '',
    });
  });
});

describe('a start that failed because the engine had just been killed', () => {
  it.each([
    'id already in use',
    'failed to start shim: mkdir /run/containerd/io.containerd.runtime.v2.task/moby/7cf: file exists: unknown',
    'ttrpc: closed: unknown',
  ])('is not the end of the job: %s', (words) => {
    expect(containerToState(state({ Error: words, ExitCode: 128 }), 0).status).toBe('notstarted');
  });
});

describe('a container that runs', () => {
  it.each([
    ['running', 'running'],
    ['paused', 'paused on the engine'],
    ['restarting', 'running'],
    ['stopping', 'being stopped'],
  ])('%s is started since its start', (Status, message) => {
    expect(containerToState(state({ Status, StartedAt: START }), 0)).toEqual({
      status: 'started',
      message,
      timestamp: START,
    });
  });

  it.each(['removing', 'dead'])(
    '%s before its start is not started: it has not succeeded',
    (Status) => {
      expect(containerToState(state({ Status }), 0).status).toBe('notstarted');
    },
  );

  it.each(['', 'improper', 'checkpointed', 'constructor'])(
    'in the unknown state %j is started: a wrong end could not be taken back',
    (Status) => {
      expect(containerToState(state({ Status, ExitCode: 1 }), 0).status).toBe('started');
    },
  );
});

describe('a container that has ended', () => {
  const ENDED = ['exited', 'stopped', 'dead', 'removing'];
  const ended = (changes: Partial<State>): State =>
    state({ Status: 'exited', StartedAt: START, FinishedAt: END, ...changes });

  it.each(ENDED)('%s with exit code 0 has succeeded', (Status) => {
    expect(containerToState(ended({ Status }), 0)).toEqual({
      status: 'finishedSuccessfully',
      message: 'finished successfully',
      exitCode: 0,
      timestamp: END,
    });
  });

  it.each(ENDED)('%s with another exit code has failed', (Status) => {
    expect(containerToState(ended({ Status, ExitCode: 3 }), 0)).toEqual({
      status: 'finishedWithError',
      reason: 'NonZeroExit',
      message: 'exited with code 3',
      exitCode: 3,
      timestamp: END,
    });
  });

  it.each([
    [125, 'BadCommand'],
    [126, 'BadCommand'],
    [127, 'BadCommand'],
    [137, 'Signal'],
    [143, 'Signal'],
    [139, 'Signal'],
    [1, 'NonZeroExit'],
  ])('with exit code %i failed by %s', (ExitCode, reason) => {
    expect(containerToState(ended({ ExitCode }), 0)).toMatchObject({
      status: 'finishedWithError',
      reason,
      exitCode: ExitCode,
    });
  });

  it('by the kernel for want of memory says so, with its limit', () => {
    expect(containerToState(ended({ OOMKilled: true, ExitCode: 137 }), 200 * MIB)).toEqual({
      status: 'finishedWithError',
      reason: 'OutOfMemory',
      message: 'killed because it ran out of memory (limit 200 MiB)',
      exitCode: 137,
      timestamp: END,
    });
  });

  it('for want of memory without a limit names none', () => {
    expect(containerToState(ended({ ExitCode: 137 }), 16 * MIB, 'podman')).toMatchObject({
      reason: 'Signal',
      message: 'ended by signal SIGKILL (exit code 137), most likely out of memory (limit 16 MiB)',
    });
    expect(containerToState(ended({ ExitCode: 137 }), 16 * MIB, 'docker').message).toBe(
      'ended by signal SIGKILL (exit code 137)',
    );
    expect(containerToState(ended({ OOMKilled: true, ExitCode: 137 }), 0).message).toBe(
      'killed because it ran out of memory',
    );
  });

  it.each([
    [137, 61, 'TimeLimit'],
    [143, 61, 'TimeLimit'],
    [137, 62, 'Signal'],
    [1, 61, 'NonZeroExit'],
  ])('with code %i after 61 s of %i allowed failed by %s', (ExitCode, limit, reason) => {
    const FinishedAt = '2026-01-02T03:05:06.678901234Z';
    const limits = { memory: 0, time: seconds(limit) };
    expect(toState(ended({ ExitCode, FinishedAt }), limits).reason).toBe(reason);
  });

  it('for want of memory says so even when its time was up', () => {
    const limits = { memory: 0, time: seconds(1) };
    expect(toState(ended({ OOMKilled: true, ExitCode: 137 }), limits).reason).toBe('OutOfMemory');
  });

  it('without a time of its end has the time of its start, or none', () => {
    expect(containerToState(ended({ FinishedAt: NEVER, ExitCode: 3 }), 0).timestamp).toBe(START);
    expect(containerToState(ended({ FinishedAt: '', StartedAt: '' }), 0).timestamp).toBe('');
  });
});

describe('a container that Podman has forgotten while it ran', () => {
  const lost = {
    status: 'finishedWithError',
    reason: 'BackendError',
    message: 'the engine lost it while it ran, most likely because its machine was restarted',
    exitCode: 0,
    timestamp: START,
  };

  it.each(['created', 'configured', 'initialized'])(
    'and that is %s although it was started has failed: it must not run again',
    (Status) => {
      expect(containerToState(state({ Status, StartedAt: START }), 0, 'podman')).toEqual(lost);
    },
  );

  it.each(['exited', 'stopped', 'dead', 'removing'])(
    'and that is %s with exit code 0 and no end has not succeeded',
    (Status) => {
      expect(containerToState(state({ Status, StartedAt: START }), 0)).toEqual(lost);
      expect(containerToState(state({ Status, StartedAt: START, FinishedAt: '' }), 0)).toEqual(
        lost,
      );
    },
  );
});

describe('the table of state words', () => {
  it('has every word of Docker and Podman', () => {
    expect([...STATE_MEANING.keys()].toSorted()).toEqual([
      'configured',
      'created',
      'dead',
      'exited',
      'initialized',
      'paused',
      'removing',
      'restarting',
      'running',
      'stopped',
      'stopping',
    ]);
  });
});
