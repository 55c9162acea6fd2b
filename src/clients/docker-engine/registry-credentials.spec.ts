import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findCredentials, readCredentials } from './registry-credentials.js';

const basic = (user: string, password: string) => ({
  auth: Buffer.from(`${user}:${password}`).toString('base64'),
});

describe('the credentials for a repository', () => {
  const auths = {
    'https://index.docker.io/v1/': basic('hub', 'h:ub'),
    'ghcr.io': basic('gh', 'secret'),
    'ghcr.io/fnndsc': basic('fnndsc', 'deeper'),
    'registry.test:5000': { identitytoken: 'token' },
    'plain.test': { username: 'u', password: 'p' },
    'broken.test': { auth: 7 },
    'null.test': null,
  };

  it.each([
    ['docker.io/fnndsc/pl-any', 'hub', 'h:ub'],
    ['registry-1.docker.io/library/busybox', 'hub', 'h:ub'],
    ['ghcr.io/other/image', 'gh', 'secret'],
    ['ghcr.io/fnndsc/pl-any', 'fnndsc', 'deeper'],
    ['plain.test/image', 'u', 'p'],
  ])('of %s are those of its registry and the longest path', (repository, username, password) => {
    expect(findCredentials(auths, repository)).toMatchObject({ username, password });
  });

  it('can be a token', () => {
    expect(findCredentials(auths, 'registry.test:5000/a')).toEqual({
      identitytoken: 'token',
      serveraddress: 'registry.test:5000',
    });
  });

  it.each([
    'ghcr.io.evil.test/fnndsc/pl-any',
    'ghcr.iox/a',
    'evil.test/ghcr.io/a',
    'registry.test/a',
    'broken.test/a',
    'null.test/a',
  ])('are none for %s', (repository) => {
    expect(findCredentials(auths, repository)).toBeUndefined();
  });
});

describe('a file of credentials', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pman-auth-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  async function read(text: string) {
    const file = join(folder, 'config.json');
    await writeFile(file, text);
    return readCredentials(file, 'ghcr.io/a');
  }

  it('is read anew each time', async () => {
    expect(await read('{}')).toBeUndefined();
    const text = JSON.stringify({ auths: { 'ghcr.io': basic('a', 'b') }, credsStore: 'desktop' });
    expect(await read(text)).toMatchObject({ username: 'a', password: 'b' });
  });

  it.each(['{"auths": ', 'secret-of-mine', '{"auths": "secret-of-mine"}'])(
    'that is wrong is named without its content: %s',
    async (text) => {
      const error: unknown = await read(text).catch((reason: unknown) => reason);
      expect(String(error)).toContain('config.json');
      expect(String(error)).not.toContain('secret-of-mine');
    },
  );

  it('that is missing is named', async () => {
    await expect(readCredentials(join(folder, 'no'), 'a/b')).rejects.toThrow('cannot be read');
  });
});
