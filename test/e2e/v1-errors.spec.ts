import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { DomainError } from '../../src/shared/domain-error.js';
import {
  backendError,
  backendUnavailable,
  imageUnavailable,
  jobRefused,
} from '../../src/scheduling/domain/scheduling-errors.js';
import type { Answer } from './http-client.js';
import { Service } from './service.js';

/** What no answer may hold: where a thing is, or how it broke. */
const LEAKS = [
  /\bat .*\(?.*:\d+:\d+/,
  /node_modules/,
  /\/src\//,
  /\.sock/,
  /10\.0\.0\.1/,
  /\/srv\/secret/,
  /s3cr3t/,
];
const ID = /\(request ([0-9a-f-]{36})\)/;

let service: Service;

beforeAll(async () => {
  service = await Service.start();
});

afterAll(() => service.stop());

afterEach(() => service.backend.reset());

function messageOf({ body }: Answer): string {
  return (body as { message: string }).message;
}

/** The record of the request whose id an answer tells. */
function recordOf(answer: Answer): unknown {
  const id = ID.exec(messageOf(answer))?.[1];
  expect(id).toBeDefined();
  const lines = service.logLines.filter((line) => line.includes(id ?? ''));
  expect(lines).toHaveLength(1);
  return JSON.parse(lines[0] ?? '');
}

function assertNoLeak({ text }: Answer): void {
  for (const leak of LEAKS) expect(text).not.toMatch(leak);
  expect(text).not.toContain(service.store);
}

describe('an error of ours', () => {
  const mistake = new TypeError("cannot read 's3cr3t' of /srv/secret/engine.sock at 10.0.0.1");

  it.each(['get', 'delete'] as const)(
    'in a %s is a 500 with an id that is found in the log',
    async (call) => {
      service.backend.failNext(call === 'get' ? 'find' : 'remove', mistake);
      const answer = await service.http[call]('/api/v1/broken/');
      expect(answer.status).toBe(500);
      expect(messageOf(answer)).toMatch(/^internal error \(request .*\)$/);
      assertNoLeak(answer);
      expect(recordOf(answer)).toMatchObject({
        level: 50,
        error: { name: 'TypeError', message: mistake.message },
      });
    },
  );

  it('in a submission is a 500 at once and not tried again', async () => {
    service.backend.failNext('submit', mistake);
    const answer = await service.post({ jid: 'broken' });
    expect(answer.status).toBe(500);
    assertNoLeak(answer);
    recordOf(answer);
    expect(service.backend.calls.submit).toBe(1);
  });
});

describe('an error of the backend', () => {
  it.each([
    [jobRefused('the engine says: no such device'), 422],
    [imageUnavailable('x', 'manifest unknown'), 422],
    [new DomainError('BackendBusy', 'too many jobs'), 503],
    [new DomainError('BackendUnavailable', 'the engine cannot be reached'), 503],
    [new DomainError('StorageUnavailable', 'the store cannot be found'), 503],
    [backendError('the engine says: broken'), 502],
  ])('to a submission keeps its sentence: %s', async (error, status) => {
    service.backend.failNext('submit', error);
    const answer = await service.post({ jid: `refused-${error.code}` });
    expect(answer.status).toBe(status);
    expect(messageOf(answer)).toContain(error.message);
    expect(answer.headers['retry-after']).toBe(status === 503 ? '5' : undefined);
    if (status >= 500) expect(recordOf(answer)).toMatchObject({ error: { name: error.code } });
    assertNoLeak(answer);
  });

  it.each(['get', 'delete'] as const)(
    'that passes makes a %s a 503 with Retry-After',
    async (call) => {
      const cause = new Error('connect ECONNREFUSED /srv/secret/engine.sock');
      service.backend.failNext(
        call === 'get' ? 'find' : 'remove',
        backendUnavailable('no answer', cause),
      );
      const answer = await service.http[call]('/api/v1/passing/');
      expect(answer.status).toBe(503);
      expect(answer.headers['retry-after']).toBe('5');
      expect(messageOf(answer)).toMatch(/^no answer \(request /);
      assertNoLeak(answer);
      expect(recordOf(answer)).toMatchObject({ error: { causes: [cause.message] } });
    },
  );

  it('that passes is absorbed by a submission', async () => {
    service.backend.failNext('find', backendUnavailable('no answer'));
    service.backend.failNext('submit', backendUnavailable('no answer'));
    const { status, body } = await service.post({ jid: 'patient' });
    expect({ status, body }).toMatchObject({ status: 201, body: { jid: 'patient' } });
    expect(service.backend.jobs.size).toBe(1);
  });

  it('is never the status "undefined" of a job', async () => {
    await service.post({ jid: 'known' });
    service.backend.failNext('find', backendUnavailable('x'), backendError('x'), new Error('x'));
    for (let poll = 0; poll < 5; poll += 1) {
      const { status, text } = await service.http.get('/api/v1/known/');
      expect([200, 500, 502, 503]).toContain(status);
      expect(text).not.toContain('"undefined"');
    }
  });
});

describe('every error', () => {
  it.each([
    ['a missing field', () => service.post({ jid: undefined })],
    ['a missing job', () => service.http.get('/api/v1/nobody/')],
    ['a missing path', () => service.http.get('/nowhere')],
    ['malformed JSON', () => service.http.postText('/api/v1/', '{')],
    ['a missing input directory', () => service.post({ jid: 'no-input', input_dir: 'nowhere' })],
    ['another type', () => service.http.send({ method: 'POST', path: '/api/v1/', body: 'x' })],
    ['another method', () => service.http.send({ method: 'PUT', path: '/api/v1/' })],
  ])('is {"message": ...} in JSON and nothing else: %s', async (_words, call) => {
    const answer = await call();
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.headers['content-type']).toMatch(/^application\/json/);
    expect(Object.keys(answer.body as object)).toEqual(['message']);
    expect(answer.headers).not.toHaveProperty('x-powered-by');
    expect(answer.headers).not.toHaveProperty('server');
    assertNoLeak(answer);
  });

  it('of a client is not logged as one of ours', async () => {
    const before = service.logLines.length;
    await service.post({ jid: undefined });
    await service.http.get('/api/v1/nobody/');
    await service.http.postText('/api/v1/', '{');
    expect(service.logLines.slice(before).join('')).not.toContain('request failed');
  });
});

describe('a request that forges the log', () => {
  it('makes one record at most, on one line', async () => {
    const forged = 'x\r\n{"level":60,"msg":"forged"}\u001b[2J';
    const before = service.logLines.length;
    service.backend.failNext('submit', backendError(forged));
    await service.post({ jid: 'forger', auid: forged, args: [forged], env: [`A=${forged}`] });
    const lines = service.logLines.slice(before);
    expect(lines.length).toBeGreaterThan(0);
    for (const line of lines) {
      expect(line).toMatch(/^\{[^\n]*\}\n$/);
      expect(line).not.toContain('\u001b');
      expect(JSON.parse(line)).not.toMatchObject({ level: 60 });
    }
  });
});
