import { describe, expect, it } from 'vitest';
import { engineCheck, troubleOf } from './swarm-check.js';

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

describe('the engine of a swarm', () => {
  it.each(['1.40', '1.9', '0.50'])('with the API %s is too old, and is told so', (api) => {
    const { ok, detail, mend } = engineCheck('19.03', api);
    expect({ ok, detail }).toEqual({ ok: false, detail: expect.stringContaining(`API ${api}`) });
    expect(detail).toContain('without the limits');
    expect(mend).toContain('API 1.41');
  });

  it.each(['1.41', '1.43'])('with the API %s leaves privileges to its nodes', (api) => {
    const { ok, detail } = engineCheck('20.10', api);
    expect({ ok, detail }).toEqual({ ok: true, detail: expect.stringContaining(`API ${api}`) });
    expect(detail).toContain('--no-new-privileges');
  });

  it.each(['1.44', '1.100', '2.0'])('with the API %s is as it should be', (api) => {
    expect(engineCheck('25.0', api)).toEqual({
      name: 'engine',
      ok: true,
      detail: `Docker 25.0 (API ${api})`,
    });
  });
});
