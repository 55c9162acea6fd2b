import type { FastifyRequest } from 'fastify';
import { describe, expect, it } from 'vitest';
import { DomainError } from '../shared/domain-error.js';
import type { LogFields } from '../shared/event-log.js';
import { FailureLog } from './failure-log.js';

const silence = new DomainError('BackendUnavailable', 'no answer', { retryable: true });

function setUp() {
  const lines: (readonly [string, string, LogFields | undefined])[] = [];
  const at = (level: string) => (event: string, fields?: LogFields) =>
    void lines.push([level, event, fields]);
  const clock = { now: 0 };
  const log = { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
  return { lines, clock, failures: new FailureLog(log, () => clock.now) };
}

const request = (id: string, changes: object = {}): FastifyRequest =>
  ({
    id,
    method: 'GET',
    params: { jid: 'job-1' },
    body: undefined,
    raw: { socket: { destroyed: false } },
    ...changes,
  }) as unknown as FastifyRequest;

describe('the record of a request that failed', () => {
  it('tells method, job and error, and nothing of the body', () => {
    const { lines, failures } = setUp();
    const error = new DomainError('BackendError', 'no');
    const body = { jid: 'job-2', args: ['secret'], env: ['A=secret'] };
    failures.failed(error, request('a', { method: 'POST', params: {}, body }));
    expect(lines).toEqual([
      ['warn', 'request failed', { request: 'a', method: 'POST', jid: 'job-2', error }],
    ]);
  });

  it('is one a second in an outage, with the number of those that failed alike', () => {
    const { lines, clock, failures } = setUp();
    const ids = [];
    for (; clock.now < 2_000; clock.now += 10) {
      ids.push(failures.failed(silence, request(`r${clock.now}`)));
    }
    expect(lines.map(([, , fields]) => [fields?.['request'], fields?.['alike']])).toEqual([
      ['r0', 0],
      ['r1000', 99],
    ]);
    // Each answer leads to a record.
    expect(new Set(ids)).toEqual(new Set(['r0', 'r1000']));
  });

  it('is one for each reason, of ten reasons at most', () => {
    const { lines, failures } = setUp();
    for (let index = 0; index < 100; index += 1) {
      const error = new DomainError('BackendUnavailable', `reason ${index % 20}`);
      failures.failed(error, request(`r${index}`));
    }
    expect(lines).toHaveLength(10);
  });

  it('is for debugging only when the client has gone, or is to blame', () => {
    const { lines, failures } = setUp();
    failures.failed(silence, request('a', { raw: { socket: { destroyed: true } } }));
    failures.refused(404, request('b'));
    expect(lines.map(([level]) => level)).toEqual(['debug', 'debug']);
  });

  it('is an error for what nobody has foreseen', () => {
    const { lines, failures } = setUp();
    failures.failed(new TypeError('a mistake'), request('a'));
    expect(lines[0]?.[0]).toBe('error');
  });
});
