import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jobBody } from '../fakes/builders.js';
import { Service } from './service.js';

const JOBS = 'GET, HEAD, POST';
const JOB = 'GET, HEAD, DELETE';
const NOTHING = { message: 'there is nothing at this path' };

let service: Service;

beforeAll(async () => {
  service = await Service.start();
});

afterAll(() => service.stop());

describe('GET of the service', () => {
  it.each(['/api/v1/', '/api/v1', '//api/v1/', '/api//v1//', '/api/v1/?x=1'])(
    '%s says what it is',
    async (path) => {
      const { status, headers, body } = await service.http.get(path);
      expect(status).toBe(200);
      expect(headers['content-type']).toBe('application/json; charset=utf-8');
      expect(body).toEqual({
        server_version: expect.stringMatching(/^\d+\.\d+\.\d+/),
        container_env: 'docker',
        storage_type: 'host',
      });
    },
  );

  it('asks no backend', async () => {
    await service.http.get('/api/v1/');
    expect(service.backend.callCount).toBe(0);
  });
});

describe('a known path', () => {
  it.each([
    ['PUT', '/api/v1/', JOBS],
    ['PATCH', '/api/v1', JOBS],
    ['DELETE', '/api/v1/', JOBS],
    ['OPTIONS', '/api/v1/', JOBS],
    ['TRACE', '/api/v1/', JOBS],
    ['PROPFIND', '/api/v1/', JOBS],
    ['QUERY', '/api/v1/', JOBS],
    ['PUT', '//api//v1/', JOBS],
    ['PUT', '/%61pi/v1/', JOBS],
    ['POST', '/api/v1/job-1/', JOB],
    ['PUT', '/api/v1/job-1', JOB],
    ['OPTIONS', '/api/v1/job-1/', JOB],
    ['TRACE', '/api/v1/job-1/', JOB],
    ['POST', '/health/live', 'GET, HEAD'],
    ['DELETE', '/health/ready/', 'GET, HEAD'],
    ['POST', '/openapi.json', 'GET, HEAD'],
  ])('answers %s %s with 405 and the methods it knows', async (method, path, allow) => {
    const { status, headers, body } = await service.http.send({ method, path });
    expect(status).toBe(405);
    expect(headers.allow).toBe(allow);
    expect(body).toEqual({ message: `${method} is not possible here; possible are ${allow}` });
    expect(service.backend.callCount).toBe(0);
  });

  it('is not known under another method whatever is sent there', async () => {
    const call = {
      method: 'PUT',
      path: '/api/v1/',
      headers: { 'content-type': 'text/plain' },
      body: '{',
    };
    expect((await service.http.send(call)).status).toBe(405);
  });
});

describe('an unknown path', () => {
  it.each([
    '/',
    '/api',
    '/api/v2/',
    '/API/V1/',
    '/api/V1/',
    '/api/v1;x/',
    '/api/v1/a/b',
    '/api/v1/../v1/',
    '/health',
    '/docs',
    '*',
  ])('%s answers 404 in the error shape', async (path) => {
    const { status, headers, body } = await service.http.get(path);
    expect({ status, body }).toEqual({ status: 404, body: NOTHING });
    expect(headers['content-type']).toBe('application/json; charset=utf-8');
  });

  it('answers 404 whatever is sent there', async () => {
    expect(await service.http.postText('/api/v2/', '{')).toMatchObject({
      status: 404,
      body: NOTHING,
    });
  });
});

describe('two ways to write one path', () => {
  const WAYS = [
    '/api/v1/job-7/',
    '/%61pi/v1/job-7/',
    '/api/v%31/job-7',
    '//api/v1//job-7',
    '/api/v1/%6aob-7',
    '/api/v1/%2fjob-7?a=;',
  ];

  it.each(WAYS)('lead to one verdict: %s', async (path) => {
    for (const method of ['GET', 'HEAD', 'DELETE']) {
      expect((await service.http.send({ method, path })).status).toBe(404);
      expect((await service.http.send({ method, path: path.replace(/7/, '7%00') })).status).toBe(
        400,
      );
    }
  });

  it('never lead to a redirect', async () => {
    for (const path of ['/api/v1', '/api/v1/', '//api/v1', ...WAYS]) {
      expect(Math.floor((await service.http.get(path)).status / 100)).not.toBe(3);
    }
  });
});

describe('a jid in a path', () => {
  it.each(['%', '%zz', '%e0%a4', '%ff', '%c0%af', '%ed%a0%80'])('%j is malformed', async (jid) => {
    expect(await service.http.get(`/api/v1/${jid}/`)).toMatchObject({
      status: 400,
      body: { message: 'the path is malformed' },
    });
  });

  it.each([
    'a%2fb',
    '..%2f..%2fetc',
    '%2e%2e',
    '.',
    '-a',
    'a,b',
    'a=b',
    'a!b',
    '%00',
    'a%0a',
    'a%20b',
    ';x',
    '%F0%9F%98%80',
    'a'.repeat(201),
  ])('%s breaks the rule of names, which is told', async (jid) => {
    const calls = service.backend.callCount;
    const path = `/api/v1/${jid}`;
    for (const method of ['GET', 'DELETE']) {
      const { status, body } = await service.http.send({ method, path });
      const message = { jid: expect.stringContaining('1 to 200') };
      expect({ status, body }).toEqual({ status: 400, body: { message } });
    }
    expect(service.backend.callCount).toBe(calls);
  });

  it('that is far too long is told so', async () => {
    expect(await service.http.get(`/api/v1/${'a'.repeat(5_000)}`)).toMatchObject({
      status: 414,
      body: { message: 'the path is too long' },
    });
  });
});

describe('the type of a body', () => {
  const send = (type: string) =>
    service.http.send({
      method: 'POST',
      path: '/api/v1/',
      headers: { 'content-type': type },
      body: JSON.stringify(jobBody({ jid: 'typed', args: ['x'] })),
    });

  it.each([
    'application/json',
    ' application/json',
    'application/json; charset=utf-8',
    'APPLICATION/JSON',
    'application/json ;a=b',
  ])('%j is JSON', async (type) => {
    expect((await send(type)).status).toBe(201);
  });

  it.each([
    'application/json\ta',
    'application/json a',
    'application/jsonx',
    'application/json, text/plain',
    'text/plain, application/json',
    'text/plain',
    'text/json',
    'application/merge-patch+json',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'json',
    '',
  ])('%j is not', async (type) => {
    const calls = service.backend.callCount;
    expect(await send(type)).toMatchObject({
      status: 415,
      body: { message: 'the body must be application/json' },
    });
    expect(service.backend.callCount).toBe(calls);
  });

  it('must be told', async () => {
    const call = { method: 'POST', path: '/api/v1/', body: JSON.stringify(jobBody()) };
    expect((await service.http.send(call)).status).toBe(415);
  });

  it('does not matter where there is no body', async () => {
    const headers = { 'content-type': 'application/json' };
    expect((await service.http.send({ path: '/api/v1/', headers })).status).toBe(200);
    expect(
      (await service.http.send({ method: 'DELETE', path: '/api/v1/none/', headers })).status,
    ).toBe(404);
    expect(await service.http.send({ method: 'POST', path: '/api/v1/', headers })).toMatchObject({
      status: 400,
      body: { message: 'the body must be a JSON object' },
    });
  });
});
