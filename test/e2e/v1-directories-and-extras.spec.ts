import { mkdir, readdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jobBody } from '../fakes/builders.js';
import { FieldProbe } from './field-probe.js';
import { Service } from './service.js';

const MISSING = /^Missing required parameter/;

let service: Service;
let probe: FieldProbe;

beforeAll(async () => {
  service = await Service.start();
  probe = new FieldProbe(service);
});

afterAll(() => service.stop());

describe('input_dir and output_dir', () => {
  it.each([
    '..',
    '../x',
    'a/../../etc',
    '.',
    './a',
    'a/.',
    '',
    '/',
    '//',
    'a//b',
    'a\0',
    '/etc:/x',
    'a'.repeat(256),
    'a/'.repeat(9_999),
    5,
    ['a'],
    {},
  ])('must not be %j', async (path) => {
    expect(await probe.refusal({ input_dir: path, output_dir: path })).toEqual({
      input_dir: expect.any(String),
      output_dir: expect.any(String),
    });
  });

  it('must not lead through a symbolic link, and nothing is run or made', async () => {
    await mkdir(join(service.store, 'links'), { recursive: true });
    await symlink('/etc', join(service.store, 'links/etc'));
    const submissions = service.backend.calls.submit;
    const reason = 'must not lead through a symbolic link';
    const bad = [
      [{ input_dir: 'links/etc' }, { input_dir: reason }],
      [{ input_dir: 'links/etc/ssl' }, { input_dir: reason }],
      [{ output_dir: 'links/etc' }, { output_dir: reason }],
      [{ output_dir: 'links/etc/made' }, { output_dir: reason }],
    ] as const;
    for (const [changes, message] of bad) {
      expect(await probe.post(changes)).toMatchObject({ status: 400, body: { message } });
    }
    expect(service.backend.calls.submit).toBe(submissions);
    expect(await readdir('/etc')).not.toContain('made');
  });

  it('must exist for the input, and nothing is run or made otherwise', async () => {
    const submissions = service.backend.calls.submit;
    expect(
      await probe.post({ input_dir: 'key-9/incoming', output_dir: 'key-9/outgoing' }),
    ).toMatchObject({
      status: 400,
      body: { message: { input_dir: 'there is no directory "key-9/incoming" in the store' } },
    });
    expect(service.backend.calls.submit).toBe(submissions);
    expect(await readdir(service.store)).not.toContain('key-9');
  });
});

describe('a key that is not a field', () => {
  it('is ignored and never forwarded', async () => {
    const jid = 'job-with-more';
    const plain = await probe.specOf({ jid });
    await service.http.delete(`/api/v1/${jid}/`);
    const extra = {
      HostConfig: { Privileged: true, Binds: ['/:/host'] },
      Privileged: true,
      privileged: true,
      Binds: ['/:/host'],
      volumes: ['/:/host'],
      Mounts: [{ Source: '/' }],
      mounts: { input: { kind: 'host-path', path: '/' } },
      securityContext: { runAsUser: 0 },
      user: { uid: 0 },
      labels: { 'org.chrisproject.pman.jid': 'x' },
      network: 'host',
      shmSize: 1,
      specHash: 'x',
      constructor: { prototype: { image: 'evil' } },
      toString: 'x',
      '': 'x',
    };
    const text = JSON.stringify(jobBody({ jid, ...extra })).replace(
      '{',
      '{"__proto__":{"image":"evil","Privileged":true},',
    );
    expect((await service.http.postText('/api/v1/', text)).status).toBe(201);
    expect(service.backend.specs.at(-1)).toStrictEqual(plain);
    expect({}).not.toHaveProperty('image');
  });

  it('cannot stand for a field that is missing', async () => {
    const text = JSON.stringify(jobBody({ image: undefined })).replace(
      '{',
      '{"__proto__":{"image":"alpine"},',
    );
    const { status, body } = await service.http.postText('/api/v1/', text);
    expect(status).toBe(400);
    expect(body).toEqual({ message: { image: expect.stringMatching(MISSING) } });
  });
});

describe('a field that comes twice', () => {
  it('has its last value', async () => {
    const text = JSON.stringify(jobBody({ jid: 'job-twice' })).replace(
      '{',
      '{"type":"bad","auid":"first",',
    );
    expect((await service.http.postText('/api/v1/', text)).status).toBe(201);
    expect(service.backend.specs.at(-1)).toMatchObject({ owner: 'cube' });
  });
});
