import { describe, expect, it } from 'vitest';
import { forbiddenStoreReason } from './forbidden-sources.js';

describe('a directory that must never reach a job', () => {
  it.each([
    '/',
    '/etc',
    '/etc/x',
    '/proc',
    '/sys/fs',
    '/dev',
    '/boot',
    '/run',
    '/run/lock',
    '/var/run',
    '/var',
    '/run/user',
  ])('is %s', (path) => {
    expect(forbiddenStoreReason(path)).toMatch(/^must not /);
  });

  it.each([
    '/srv',
    '/var/lib/docker/volumes/x/_data',
    '/etcetera',
    '/run/user/7/store',
    '/run/media/disk',
  ])('is not %s', (path) => {
    expect(forbiddenStoreReason(path)).toBeUndefined();
  });

  it.each(['/run/user/7', '/run/user/7/docker.sock', '/run/user/7/docker.sock/x'])(
    'is %s where something reserved lies there',
    (path) => {
      const reserved = [{ path: '/run/user/7/docker.sock', what: 'the socket' }];
      expect(forbiddenStoreReason(path, reserved)).toBe('must not lie in or contain the socket');
    },
  );
});
