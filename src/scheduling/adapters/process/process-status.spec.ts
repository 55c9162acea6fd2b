import { describe, expect, it } from 'vitest';
import { mebibytes } from '../../../shared/units.js';
import { workerState } from './process-status.js';
import { parseEnd, parseIdentity, type WorkerFacts } from './worker-facts.js';

const limits = { timeLimit: undefined, memoryLimit: mebibytes(16), unenforced: [] };
const start = '2026-01-01T00:00:00.000Z';
const at = '2026-01-01T00:01:00.000Z';
const supervisor = { pid: 7, startTime: '99', bootId: 'boot' };

const facts = (changes: Partial<WorkerFacts>): WorkerFacts => ({
  launch: { at: start, supervisor },
  end: undefined,
  supervised: false,
  cancelled: false,
  ...changes,
});

const ended = (text: string): WorkerFacts => facts({ end: parseEnd(text, at) });

describe('the state of a worker', () => {
  it('is not started as long as nobody has launched it', () => {
    const state = { status: 'notstarted', message: 'waiting to be started', timestamp: '' };
    expect(workerState(facts({ launch: undefined }), limits)).toEqual(state);
  });

  it('is started while its supervisor lives', () => {
    const state = { status: 'started', message: 'running', timestamp: start };
    expect(workerState(facts({ supervised: true }), limits)).toEqual(state);
  });

  it.each([
    ['NodeLost', facts({})],
    ['NodeLost', ended('')],
    ['NodeLost', ended('0\n')],
    ['Cancelled', facts({ cancelled: true })],
    ['Cancelled', facts({ launch: { at: start, supervisor: undefined } })],
    ['Cancelled', ended('143\ncancelled\n')],
    ['Cancelled', ended('0\ncancelled\n')],
    ['MountFailed', ended('125\nmount\n')],
    ['BackendError', ended('125\nlimits\n')],
    ['NonZeroExit', ended('1\nran\n')],
    ['BadCommand', ended('127\nran\n')],
    ['Signal', ended('137\nran\nunder_oom 0\noom_kill 0\n')],
    ['OutOfMemory', ended('137\nran\noom_kill_disable 0\nunder_oom 0\noom_kill 1\n')],
    ['OutOfMemory', ended('1\nran\nlow 0\nhigh 0\nmax 12\noom 1\noom_kill 2\noom_group_kill 0\n')],
  ])('is finished with the error %s', (reason, known) => {
    expect(workerState(known, limits)).toMatchObject({ status: 'finishedWithError', reason });
  });

  it('is a success with exit code 0, whatever a child of the job ran into', () => {
    expect(workerState(ended('0\nran\noom_kill 1\n'), limits)).toEqual({
      status: 'finishedSuccessfully',
      message: 'finished successfully',
      exitCode: 0,
      timestamp: at,
    });
  });

  it('names the limits that are not enforced', () => {
    const unenforced = { ...limits, unenforced: ['memory'] };
    expect(workerState(facts({ supervised: true }), unenforced).message).toBe(
      'running (not enforced here: the memory limit)',
    );
  });
});

describe('the identity of a process', () => {
  it('is one whole line', () => {
    expect(parseIdentity('7 99 boot\n')).toEqual(supervisor);
    expect(parseIdentity('7 99 bo')).toBeUndefined();
    expect(parseIdentity('cancelled\n')).toBeUndefined();
  });
});
