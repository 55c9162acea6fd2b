import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DomainError } from '../shared/domain-error.js';
import { PinoEventLog } from './pino-event-log.js';

const MAX_RECORD_BYTES = 4_096;

function write(act: (log: PinoEventLog) => void, level = 'debug'): string[] {
  const lines: string[] = [];
  act(new PinoEventLog(level, { write: (line: string) => void lines.push(line) }));
  return lines;
}

const parsed = (line: string | undefined): Record<string, unknown> =>
  JSON.parse(line ?? '') as Record<string, unknown>;

describe('an event', () => {
  it('is one line of JSON with time, level, text and fields', () => {
    const [line, ...others] = write((log) =>
      log.info('job submitted', { jid: 'job-1', workers: 2, isNew: true }),
    );
    expect(others).toEqual([]);
    expect(line).toMatch(/^[^\n]+\n$/);
    expect(parsed(line)).toMatchObject({
      msg: 'job submitted',
      jid: 'job-1',
      workers: 2,
      isNew: true,
    });
    expect(parsed(line)['time']).toMatch(/^\d{4}-\d\d-\d\dT/);
  });

  it('stays one line whatever a client puts into it', () => {
    const forged = 'x\r\n{"level":60,"msg":"forged"}\r\n\u001b[2J\u2028\u0000';
    const lines = write((log) => log.warn(forged, { jid: forged, error: new Error(forged) }));
    expect(lines).toHaveLength(1);
    expect(lines[0]?.trimEnd()).not.toMatch(/[\r\n\u001b\u0000]/);
    expect(parsed(lines[0])).toMatchObject({ msg: forged, jid: forged });
  });

  it.each(['x', '"', '\u001b', 'é', '日', '😀', '\ud800'])(
    'stays below 4 kB however much %j there is',
    (piece) => {
      const text = piece.repeat(1_000_000);
      const error = new Error(text, { cause: new Error(text, { cause: new Error(text) }) });
      const fields = { a: text, b: text, c: text, d: text, error, other: error };
      const lines = write((log) => log.error(text, fields));
      expect(Buffer.byteLength(lines[0] ?? '')).toBeLessThanOrEqual(MAX_RECORD_BYTES);
      expect(parsed(lines[0])).toHaveProperty('level', 50);
    },
  );

  it('stays below 4 kB and one line for any fields', () => {
    const field = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 3_000 }),
      fc.anything({ withNullPrototype: true, withBigInt: true }),
    );
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        fc.dictionary(fc.string(), field),
        (event, fields) => {
          const lines = write((log) => log.info(event, fields));
          expect(lines).toHaveLength(1);
          expect(lines[0]?.match(/\n/g)).toHaveLength(1);
          expect(Buffer.byteLength(lines[0] ?? '')).toBeLessThanOrEqual(MAX_RECORD_BYTES);
          parsed(lines[0]);
        },
      ),
    );
  });

  it('about an error has its chain of messages and where it arose, not what else it holds', () => {
    const cause = Object.assign(new Error('connect ECONNREFUSED'), { env: ['TOKEN=s3cret'] });
    const error = new DomainError('BackendUnavailable', 'no answer', { cause });
    const [line] = write((log) => log.warn('request failed', { request: 'id-1', error }));
    expect(parsed(line)).toMatchObject({
      request: 'id-1',
      error: {
        name: 'BackendUnavailable',
        message: 'no answer',
        causes: ['connect ECONNREFUSED'],
        stack: expect.stringContaining('pino-event-log.spec.ts'),
      },
    });
    expect(line).not.toContain('s3cret');
  });

  it('never unfolds an object, which could hold the environment of a job', () => {
    const [line] = write((log) =>
      log.info('x', { spec: { env: [{ name: 'TOKEN', value: 's3cret' }] } }),
    );
    expect(line).not.toContain('s3cret');
  });
});

describe('the level', () => {
  it('holds back what is less severe', () => {
    const lines = write((log) => {
      log.debug('a');
      log.info('b');
      log.log('chatter of the framework');
      log.warn('c');
      log.error('d');
    }, 'warn');
    expect(lines.map((line) => parsed(line)['msg'])).toEqual(['c', 'd']);
  });
});
