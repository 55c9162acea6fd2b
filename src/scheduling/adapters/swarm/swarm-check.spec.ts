import { describe, expect, it } from 'vitest';
import { troubleOf } from './swarm-check.js';

const WELL = { LocalNodeState: 'active', ControlAvailable: true };

describe('what keeps a node from running services', () => {
  it('is nothing where it is a manager that is well', () => {
    expect(troubleOf(WELL)).toBeUndefined();
  });

  it.each([
    [{ LocalNodeState: 'inactive', ControlAvailable: false }, 'not part of a swarm'],
    [{ LocalNodeState: 'active', ControlAvailable: false }, 'not a manager'],
    [{ LocalNodeState: 'locked', ControlAvailable: false }, 'the swarm is locked'],
    [{ LocalNodeState: 'pending', ControlAvailable: false }, 'joining'],
    [{ LocalNodeState: 'error', ControlAvailable: false, Error: 'boom' }, 'boom'],
    [
      { ...WELL, Error: 'rpc error: The swarm does not have a leader' },
      'the swarm has no leader: rpc error: The swarm does not have a leader',
    ],
    [
      { ...WELL, Error: 'rpc error: dial unix /run/swarm/control.sock: no such file' },
      'just becoming a manager, or a worker: rpc error',
    ],
  ])('of %j is told in words, with what to do', (info, words) => {
    const trouble = troubleOf(info);
    expect(trouble?.detail).toContain(words);
    expect(trouble?.mend).toMatch(/\w/);
  });
});
