import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { relativePath } from '../../../../test/fakes/builders.js';
import { HostStorage } from './host.storage.js';

const directories = { input: relativePath('key/in'), output: relativePath('key/out') };
const owner = { uid: undefined, gid: undefined };
const elsewhere = { storeBase: '/srv/no-such-store', seenAt: undefined };

let folder = '';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'host-store-'));
  await mkdir(join(folder, 'key/in'), { recursive: true });
});

afterEach(() => rm(folder, { recursive: true }));

describe('a store on the host', () => {
  it('names directories below STOREBASE, though they are gone', async () => {
    const storage = new HostStorage({ ...elsewhere, mustBeVisible: false });
    expect(await storage.resolve(directories)).toEqual({
      input: { kind: 'host-path', path: '/srv/no-such-store/key/in' },
      output: { kind: 'host-path', path: '/srv/no-such-store/key/out' },
    });
  });

  it('is checked and written where the service sees it', async () => {
    const storage = new HostStorage({ ...elsewhere, seenAt: folder, mustBeVisible: false });
    await storage.prepare(directories, owner);
    expect(await readdir(join(folder, 'key'))).toEqual(['in', 'out']);
    expect((await storage.check())[0]).toMatchObject({ ok: true });
  });

  it('that the service does not see is left to the engine, and readiness says so', async () => {
    const storage = new HostStorage({ ...elsewhere, mustBeVisible: false });
    await expect(storage.prepare(directories, owner)).resolves.toBeUndefined();
    const [point] = await storage.check();
    expect(point).toMatchObject({ ok: true, detail: expect.stringContaining('STOREBASE_MOUNT') });
  });

  it('that must be there and is not is unavailable, with its mend', async () => {
    const storage = new HostStorage({ ...elsewhere, mustBeVisible: true });
    await expect(storage.prepare(directories, owner)).rejects.toMatchObject({
      code: 'StorageUnavailable',
    });
    const [point] = await storage.check();
    expect(point).toMatchObject({ ok: false, mend: expect.stringContaining('STOREBASE') });
  });
});
