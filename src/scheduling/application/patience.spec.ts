import { describe, expect, it } from 'vitest';
import { DomainError } from '../../shared/domain-error.js';
import { backendUnavailable, jobRefused, nameInTransit } from '../domain/scheduling-errors.js';
import { jobName } from '../../../test/fakes/builders.js';
import { Patience, askedPause } from './patience.js';

const answered = new DomainError('BackendError', 'a passing error', { retryable: true });
const rateLimited = new DomainError('ImageUnavailable', 'too many requests', {
  retryable: true,
  retryAfter: 7,
});
const silence = backendUnavailable('silence');
const absent = new DomainError('BackendUnavailable', 'never seen');

function setUp(isUnattended = false) {
  const clock = { now: 0 };
  const patience = new Patience({ image: 60_000, isUnattended }, () => clock.now);
  const often = (error: unknown, times = 10) =>
    Array.from({ length: times }, () => patience.allows(error)).filter(Boolean).length;
  return { patience, clock, often };
}

describe('patience', () => {
  it('ends with what a backend has answered five times in a row', () => {
    const { often, patience } = setUp();
    expect(often(answered, 4)).toBe(4);
    expect(patience.allows(answered)).toBe(false);
  });

  it('is as long as ever after an outage', () => {
    const { often, patience } = setUp();
    for (let round = 0; round < 5; round += 1) {
      expect(often(silence, 20)).toBe(20);
      expect(often(answered, 4)).toBe(4);
    }
    expect(patience.allows(silence)).toBe(true);
  });

  it('with a backend that is busy has no end of its own', () => {
    expect(setUp().often(nameInTransit(jobName('job-1')), 100)).toBe(100);
  });

  it('with a registry lasts as long as it may, and heeds its wish', () => {
    const { patience, clock } = setUp();
    for (; clock.now < 60_000; clock.now += 1_000) expect(patience.allows(rateLimited)).toBe(true);
    expect(patience.allows(rateLimited)).toBe(false);
    expect(askedPause(rateLimited)).toBe(7_000);
    expect(askedPause(answered)).toBe(0);
  });

  it.each([jobRefused('no such program'), absent, new TypeError('a mistake of ours')])(
    'is none with what is definite to whoever waits: %s',
    (error) => expect(setUp().patience.allows(error)).toBe(false),
  );

  it('is unlimited with an outage and limited with a mistake of ours when nobody waits', () => {
    const { patience, often } = setUp(true);
    expect(often(absent, 100)).toBe(100);
    expect(often(new DOMException('late', 'TimeoutError'), 100)).toBe(4);
    expect(patience.allows(jobRefused('no such program'))).toBe(false);
  });
});
