import { describe, expect, it } from 'vitest';
import { problemsOf } from '../../test/fakes/config-problems.js';
import { loadConfig } from './load-config.js';

const HOST_STORE = { STORAGE_TYPE: 'host', STOREBASE: '/srv/store' };

describe('the store', () => {
  it.each([
    '/',
    '//',
    '/srv/..',
    '/etc',
    '/etc/',
    '/etc/pman',
    '/srv/../etc',
    '/proc',
    '/proc/1/root',
    '/sys',
    '/dev',
    '/dev/shm',
    '/boot',
    '/run',
    '/run/docker',
    '/run/user',
    '/var/run',
    '/var/run/docker.sock',
    '/var',
  ])('must not be %s', (STOREBASE) => {
    expect(problemsOf({ STORAGE_TYPE: 'host', STOREBASE })).toEqual([
      expect.stringMatching(/^STOREBASE: must not /),
    ]);
  });

  it.each([
    '/srv/store',
    '/etcetera',
    '/home/a/etc',
    '/procession',
    '/run/user/1000/store',
    '/runs',
  ])('may be %s', (STOREBASE) => {
    expect(loadConfig({ STORAGE_TYPE: 'host', STOREBASE }).storage).toMatchObject({
      storeBase: STOREBASE,
    });
  });

  it('is normalised', () => {
    const { storage } = loadConfig({ STORAGE_TYPE: 'host', STOREBASE: '/srv//a/../store/' });
    expect(storage).toMatchObject({ storeBase: '/srv/store' });
  });

  it.each(['store', './store', '~/store'])('must be an absolute path, unlike %s', (STOREBASE) => {
    expect(problemsOf({ STORAGE_TYPE: 'host', STOREBASE })).toEqual([
      'STOREBASE: must be an absolute path',
    ]);
  });

  it('must be named when its type is host', () => {
    expect(problemsOf({ STORAGE_TYPE: 'host' })).toEqual([
      'STOREBASE: must be set when STORAGE_TYPE is host',
    ]);
  });

  it.each([
    [{ DOCKER_HOST: 'unix:///srv/store/docker.sock' }],
    [{ DOCKER_HOST: 'unix:///srv/store/deeper/docker.sock' }],
    [{ XDG_RUNTIME_DIR: '/srv/store' }],
    [{ HOME: '/srv/store' }],
  ])('must not contain the socket of the engine: %j', (raw) => {
    expect(problemsOf({ ...HOST_STORE, ...raw })).toEqual([
      "STOREBASE: must not lie in or contain the engine's socket",
    ]);
  });

  it.each(['/srv/store', '/srv/store/records', '/srv'])(
    'must not contain nor lie in the records of the process backend at %s',
    (PROCESS_RECORDS) => {
      const raw = { ...HOST_STORE, CONTAINER_ENV: 'process', PROCESS_RECORDS };
      expect(problemsOf(raw)).toEqual(['STOREBASE: must not lie in or contain PROCESS_RECORDS']);
    },
  );

  it('is either a directory or a volume, never both', () => {
    expect(problemsOf({ ...HOST_STORE, VOLUME_NAME: 'v' })).toEqual([
      expect.stringMatching(/^VOLUME_NAME: conflicts/),
    ]);
    expect(problemsOf({ STOREBASE: '/srv/store' })).toEqual([
      expect.stringMatching(/^STOREBASE: conflicts/),
    ]);
  });
});

describe('the process backend', () => {
  const PROCESS = { CONTAINER_ENV: 'process', STOREBASE: '/srv/store', HOME: '/home/a' };

  it('listens on loopback and keeps its records below the home directory', () => {
    const config = loadConfig(PROCESS);
    expect(config.http.host).toBe('127.0.0.1');
    expect(config.storage).toMatchObject({ type: 'host', mustBeVisible: true });
    expect(config.scheduler).toEqual({
      backend: 'process',
      recordDirectory: '/home/a/.local/state/pman/jobs',
    });
  });

  it.each(['0.0.0.0', '::', '192.168.1.5', 'example.org', '127.0.0.1.evil.test'])(
    'refuses to listen on %s',
    (HOST) => {
      expect(problemsOf({ ...PROCESS, HOST })).toEqual([expect.stringMatching(/^HOST: /)]);
    },
  );

  it.each(['127.0.0.1', '127.8.0.1', '::1', 'localhost'])('listens on %s', (HOST) => {
    expect(loadConfig({ ...PROCESS, HOST }).http.host).toBe(HOST);
  });

  it('listens anywhere when told so in words', () => {
    const words = { PROCESS_REMOTE_ACCESS: 'callers-may-run-programs-on-this-host' };
    expect(loadConfig({ ...PROCESS, HOST: '0.0.0.0', ...words }).http.host).toBe('0.0.0.0');
  });

  it('keeps its records in no place that others could make before it', () => {
    const { HOME: _none, ...homeless } = PROCESS;
    expect(problemsOf(homeless)).toEqual(['PROCESS_RECORDS: must be set where HOME is not']);
    expect(problemsOf({ ...homeless, PROCESS_RECORDS: '/srv/records' })).toEqual([]);
  });

  it('has no volumes and no size for /dev/shm', () => {
    const { STOREBASE: _none, ...without } = PROCESS;
    expect(problemsOf({ ...without, STORAGE_TYPE: 'docker_local_volume' })).toEqual([
      'STORAGE_TYPE: must be host when CONTAINER_ENV is process',
    ]);
    expect(problemsOf({ ...PROCESS, SHM_SIZE: '64' })).toEqual([
      'SHM_SIZE: cannot be set when CONTAINER_ENV is process',
    ]);
  });
});
