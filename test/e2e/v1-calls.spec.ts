import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { jobBody, jobName } from '../fakes/builders.js';
import { Service } from './service.js';

const SEVEN_KEYS = ['jid', 'image', 'cmd', 'status', 'message', 'timestamp', 'logs'];
const NAME = jobName('job-1');

let service: Service;

beforeAll(async () => {
  service = await Service.start();
});

afterAll(() => service.stop());

afterEach(async () => {
  for (const name of service.backend.jobs.keys()) await service.http.delete(`/api/v1/${name}/`);
  service.backend.reset();
});

describe('POST of a job', () => {
  it('answers 201 with the seven keys, all strings, and no log', async () => {
    const { status, body } = await service.post();
    expect(status).toBe(201);
    expect(Object.keys(body as object)).toEqual(SEVEN_KEYS);
    expect(body).toEqual({
      jid: 'job-1',
      image: 'docker.io/fnndsc/pl-simpledsapp:2.1.0',
      cmd: 'simpledsapp --sleep 2 /share/incoming /share/outgoing',
      status: 'notstarted',
      message: 'waiting',
      timestamp: '',
      logs: '',
    });
  });

  it.each(['/api/v1', '/api/v1/', '//api//v1//'])('is taken at %s', async (path) => {
    expect((await service.http.postJson(path, jobBody())).status).toBe(201);
  });

  it('makes the output directory that is missing', async () => {
    await rm(join(service.store, 'key-1/outgoing'), { recursive: true, force: true });
    expect((await service.post()).status).toBe(201);
    expect((await stat(join(service.store, 'key-1/outgoing'))).isDirectory()).toBe(true);
  });

  it('gives the backend both directories of the store', async () => {
    await service.post({ input_dir: '/key-1/incoming/', output_dir: '//key-1/outgoing//' });
    expect(service.backend.specs[0]?.mounts).toEqual({
      input: { kind: 'host-path', path: join(service.store, 'key-1/incoming') },
      output: { kind: 'host-path', path: join(service.store, 'key-1/outgoing') },
    });
  });

  it('of the same job again answers 201 with the present job, started once', async () => {
    await service.post();
    await service.http.get('/api/v1/job-1/');
    const again = await service.post();
    expect(again.status).toBe(201);
    expect(again.body).toMatchObject({ jid: 'job-1', status: 'started', logs: '' });
    expect(service.backend.calls.submit).toBe(1);
  });

  it('of the same job again answers 201 when it has ended and its directories are gone', async () => {
    await mkdir(join(service.store, 'key-2/incoming'), { recursive: true });
    const directories = { input_dir: 'key-2/incoming', output_dir: 'key-2/outgoing' };
    await service.post(directories);
    service.backend.move(NAME, {
      status: 'finishedSuccessfully',
      message: 'finished successfully',
    });
    await rm(join(service.store, 'key-2'), { recursive: true });
    const again = await service.post(directories);
    expect(again).toMatchObject({ status: 201, body: { status: 'finishedSuccessfully' } });
    expect(await readdir(service.store)).not.toContain('key-2');
  });

  it('of the same job in other words answers 201', async () => {
    await service.post({ number_of_workers: 1, args: ['1'] });
    const again = await service.post({
      number_of_workers: '1',
      args: [1],
      env: null,
      jid: '/job-1',
    });
    expect(again.status).toBe(201);
    expect(service.backend.calls.submit).toBeLessThanOrEqual(2);
    expect(service.backend.jobs.size).toBe(1);
  });

  it('of another job under the same jid answers 409 and touches nothing', async () => {
    await service.post();
    const before = service.backend.jobs.get(NAME);
    const { status, body } = await service.post({ args: ['other'] });
    expect(status).toBe(409);
    expect(body).toEqual({ message: expect.stringContaining('"job-1"') });
    expect(service.backend.jobs.get(NAME)).toEqual(before);
  });

  it('under a name that something else has answers 409 without its details', async () => {
    service.backend.foreignNames.add('job-1');
    const { status, body } = await service.post();
    expect(status).toBe(409);
    expect(body).toEqual({
      message: 'the name "job-1" is taken by something that is not a job of this service',
    });
  });

  it('sent fifty times at once starts one job, and all are told so', async () => {
    const answers = await Promise.all(Array.from({ length: 50 }, () => service.post()));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
    expect(service.backend.jobs.size).toBe(1);
    expect(service.backend.specs).toHaveLength(1);
  });

  it.each(['chris-jid-8', 'CHRIS_JID_8', 'a.b', '8', `a${'b'.repeat(150)}`])(
    'takes the jid %s',
    async (jid) => {
      expect(await service.post({ jid })).toMatchObject({ status: 201, body: { jid } });
      expect(await service.http.get(`/api/v1/${jid}/`)).toMatchObject({
        status: 200,
        body: { jid },
      });
    },
  );
});

describe('GET of a job', () => {
  it.each([
    '/api/v1/job-1/',
    '/api/v1/job-1',
    '/api/v1//job-1/',
    '/api/v1/%2fjob-1/',
    '//api/v1/job-1//',
  ])('%s answers 200 with the seven keys, all strings', async (path) => {
    await service.post();
    service.backend.log = 'line 1\nline 2\n';
    const { status, body } = await service.http.get(path);
    expect(status).toBe(200);
    expect(body).toEqual({
      jid: 'job-1',
      image: 'docker.io/fnndsc/pl-simpledsapp:2.1.0',
      cmd: 'simpledsapp --sleep 2 /share/incoming /share/outgoing',
      status: 'started',
      message: 'running',
      timestamp: '2026-01-02T03:04:05Z',
      logs: 'line 1\nline 2\n',
    });
    expect(Object.keys(body as object)).toEqual(SEVEN_KEYS);
  });

  it('quotes the command for a shell', async () => {
    await service.post({ args: ["it's", '', 'a b'], type: 'fs' });
    const { body } = await service.http.get('/api/v1/job-1/');
    expect(body).toMatchObject({ cmd: `simpledsapp 'it'"'"'s' '' 'a b' /share/outgoing` });
  });

  it('by HEAD answers the same without a body', async () => {
    await service.post();
    const get = await service.http.get('/api/v1/job-1/');
    const head = await service.http.send({ method: 'HEAD', path: '/api/v1/job-1/' });
    expect(head.status).toBe(200);
    expect(head.text).toBe('');
    expect(head.headers['content-type']).toBe(get.headers['content-type']);
    expect((await service.http.send({ method: 'HEAD', path: '/api/v1/job-2/' })).status).toBe(404);
  });

  it('that nobody has answers 404 in the error shape', async () => {
    expect(await service.http.get('/api/v1/job-1/')).toMatchObject({
      status: 404,
      body: { message: 'there is no job "job-1"' },
    });
  });

  it('puts the reason of its death on the last line of the log, and collapses progress bars', async () => {
    await service.post();
    await service.http.get('/api/v1/job-1/');
    service.backend.log = '10%\r20%\r100%\nTraceback';
    service.backend.move(NAME, {
      status: 'finishedWithError',
      reason: 'OutOfMemory',
      message: 'killed because it ran out of memory',
    });
    const sees = async (): Promise<unknown> => (await service.http.get('/api/v1/job-1/')).body;
    await expect.poll(sees, { timeout: 5_000 }).toMatchObject({
      status: 'finishedWithError',
      message: 'killed because it ran out of memory',
      logs: '100%\nTraceback\n[pman] job failed: killed because it ran out of memory\n',
    });
  });

  it('asks for a thousand lines and a mebibyte of log at most', async () => {
    await service.post();
    await service.http.get('/api/v1/job-1/');
    const { lines, bytes = 0 } = service.backend.logWindow ?? {};
    expect(lines).toBe(1_000);
    expect(bytes).toBeLessThanOrEqual(1_048_576);
    expect(bytes).toBeGreaterThan(1_000_000);
  });
});

describe('DELETE of a job', () => {
  it.each(['/api/v1/job-1/', '/api/v1/job-1', '/api/v1//job-1/', '/api/v1/%2Fjob-1'])(
    '%s answers 204 with nothing, and the job is gone',
    async (path) => {
      await service.post();
      const { status, text } = await service.http.delete(path);
      expect({ status, text }).toEqual({ status: 204, text: '' });
      expect(service.backend.jobs.size).toBe(0);
      expect((await service.http.get('/api/v1/job-1/')).status).toBe(404);
      expect((await service.http.delete(path)).status).toBe(404);
    },
  );

  it('that nobody has answers 404 in the error shape', async () => {
    const { status, body } = await service.http.delete('/api/v1/job-1/');
    expect({ status, body }).toEqual({ status: 404, body: { message: 'there is no job "job-1"' } });
  });

  it('does not need the directories of the job, nor mind a body', async () => {
    await service.post({ output_dir: 'key-3/out' });
    await rm(join(service.store, 'key-3'), { recursive: true });
    const headers = { 'content-type': 'application/json' };
    const call = { method: 'DELETE', path: '/api/v1/job-1/', headers };
    expect((await service.http.send(call)).status).toBe(204);
  });

  it('lets the same jid be used for another job', async () => {
    await service.post();
    await service.http.delete('/api/v1/job-1/');
    expect((await service.post({ args: ['other'] })).status).toBe(201);
  });
});
