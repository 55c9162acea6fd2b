import { describe, expect, it } from 'vitest';
import { EngineError, isDeadSocket, toEngineError } from './engine-error.js';

const withCode = (code: string): Error =>
  Object.assign(new Error(`connect ${code} 10.0.0.1:2375`), { code });

describe('an answer of the engine that is an error', () => {
  it('is "not there" for a container that goes while Podman looks at it', () => {
    const message = 'container 14c4 does not exist in database: no such container';
    expect(toEngineError({ statusCode: 500, json: { message } })).toMatchObject({ status: 404 });
  });

  it.each([
    [
      { statusCode: 404, json: { message: ' no such container ' } },
      404,
      'no such container',
      false,
    ],
    [{ statusCode: 409, reason: 'conflict' }, 409, 'conflict', false],
    [{ statusCode: 500, json: { message: 'broken', cause: 'x' } }, 500, 'broken', true],
    [{ statusCode: 503 }, 503, 'status 503', true],
  ])('%j keeps status and words', (error, status, words, mayHaveActed) => {
    expect(toEngineError(error)).toMatchObject({ status, words, mayHaveActed, cause: error });
  });
});

describe('an engine that gives no answer', () => {
  it.each([
    'ENOENT',
    'ECONNREFUSED',
    'EACCES',
    'EHOSTUNREACH',
    'ENOTFOUND',
    'EAI_AGAIN',
    'CONNECT_TIMEOUT',
  ])('by %s has not acted', (code) => {
    expect(toEngineError(withCode(code))).toMatchObject({
      status: undefined,
      mayHaveActed: false,
    });
  });

  it('because its socket is closed to this user says so', () => {
    expect(toEngineError(withCode('EACCES')).words).toBe(
      'the service is not allowed to use the container engine',
    );
    expect(toEngineError(withCode('ENOENT')).words).toBe('the container engine cannot be reached');
  });

  it.each(['ECONNRESET', 'EPIPE', 'ETIMEDOUT'])('by %s may have acted', (code) => {
    expect(toEngineError(withCode(code))).toMatchObject({ status: undefined, mayHaveActed: true });
  });

  it.each(['AbortError', 'TimeoutError'])('in time, a %s, may have acted', (name) => {
    const error = Object.assign(new Error('x'), { name });
    expect(toEngineError(error)).toMatchObject({
      words: 'the container engine did not answer in time',
      mayHaveActed: true,
    });
  });

  it('does not tell where it is', () => {
    expect(toEngineError(withCode('ECONNREFUSED')).words).not.toContain('10.0.0.1');
    expect(toEngineError(withCode('ECONNRESET')).words).not.toContain('10.0.0.1');
  });
});

describe('an error of the engine', () => {
  it('is translated once', () => {
    const error = new EngineError(404, 'x', false, undefined);
    expect(toEngineError(error)).toBe(error);
  });

  it.each([undefined, null, 'text', 5])('may be %j', (error) => {
    expect(toEngineError(error)).toBeInstanceOf(EngineError);
  });
});

describe('a socket file', () => {
  it('is dead when it is there and nobody listens', () => {
    const refused = (port?: number): EngineError =>
      toEngineError(Object.assign(withCode('ECONNREFUSED'), port !== undefined && { port }));
    expect(isDeadSocket(refused())).toBe(true);
    expect(isDeadSocket(refused(2375))).toBe(false);
    expect(isDeadSocket(toEngineError(withCode('ENOENT')))).toBe(false);
  });
});
