import { describe, expect, it } from 'vitest';
import { jobSpec } from '../../../../test/fakes/builders.js';
import { EngineError } from '../../../clients/docker-engine/engine-error.js';
import { isNameTaken, isOutOfSequence, toCreateError, toSwarmError } from './swarm-errors.js';

const says = (status: number, words: string): EngineError =>
  new EngineError(status, words, status >= 500, undefined);

const NOT_A_MANAGER = says(
  503,
  'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join"',
);
const WORKER = says(
  503,
  "This node is not a swarm manager. Worker nodes can't be used to view or modify cluster state.",
);
const BECOMING_ONE = says(
  503,
  'This node is not a swarm manager. Manager is being prepared or has trouble connecting to the cluster.',
);
const NO_MEMBER = says(406, 'This node is not part of a swarm');
const LOCKED = says(503, 'Swarm is encrypted and needs to be unlocked before it can be used.');
const NO_LEADER = says(
  500,
  'rpc error: code = Unknown desc = The swarm does not have a leader. It is possible that too few managers are online.',
);
const TOO_LATE = says(500, 'rpc error: code = DeadlineExceeded desc = context deadline exceeded');

describe('an answer of the swarm', () => {
  it.each([NO_LEADER, TOO_LATE, BECOMING_ONE])('may be another one later: %s', (error) => {
    for (const translated of [toSwarmError(error, true), toCreateError(error, jobSpec(), true)]) {
      expect(translated).toMatchObject({ code: 'BackendUnavailable', retryable: true });
      expect(translated.message).toContain(error.words);
    }
  });

  it.each([NOT_A_MANAGER, WORKER, NO_MEMBER, LOCKED])(
    'will not change before somebody acts: %s',
    (error) => {
      for (const translated of [toSwarmError(error, true), toCreateError(error, jobSpec(), true)]) {
        expect(translated).toMatchObject({ code: 'BackendUnavailable', retryable: false });
        expect(translated.message).toContain(error.words);
      }
    },
  );

  it('means that the name is taken', () => {
    const words = 'rpc error: code = AlreadyExists desc = name conflicts with an existing object';
    expect(isNameTaken(says(409, words))).toBe(true);
    expect(isNameTaken(says(400, words))).toBe(false);
  });

  it('means that somebody else was quicker to change a service', () => {
    expect(
      isOutOfSequence(says(500, 'rpc error: code = Unknown desc = update out of sequence')),
    ).toBe(true);
    expect(isOutOfSequence(says(500, 'boom'))).toBe(false);
  });

  it('refuses the job, in the words of the swarm and without the paths of the host', () => {
    const words = 'rpc error: code = InvalidArgument desc = bad mount /store/key-1/incoming';
    const error = toCreateError(says(400, words), jobSpec(), true);
    expect(error.code).toBe('JobRefused');
    expect(error.message).toContain('bad mount /share/incoming');
  });

  it('is a passing fault where nothing else is known of it', () => {
    const error = toCreateError(says(500, 'boom at /store/key-1/outgoing'), jobSpec(), true);
    expect(error).toMatchObject({ code: 'BackendError', retryable: true });
    expect(error.message).toContain('boom at /share/outgoing');
  });
});
