import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { StoreDirectory } from '../../../clients/filesystem/store-directory.js';
import { KubernetesPvcStorage } from './kubernetes-pvc.storage.js';

let folder = '';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pman-claim-'));
});
afterEach(async () => {
  vi.restoreAllMocks();
  await rm(folder, { recursive: true });
});

describe('the check of a claim', () => {
  it('is good where it is mounted and can be written', async () => {
    const storage = new KubernetesPvcStorage({ claim: 'store', seenAt: folder });
    expect(await storage.check()).toEqual([
      { name: 'storage', ok: true, detail: `claim store at ${folder}` },
    ]);
  });

  it('says how to mount it where it is not', async () => {
    const storage = new KubernetesPvcStorage({ claim: 'store', seenAt: `${folder}/none` });
    expect(await storage.check()).toMatchObject([
      { ok: false, mend: expect.stringContaining('STOREBASE_MOUNT') as string },
    ]);
  });

  it('says how to give the right where this service may not write', async () => {
    // The tests may run as root, who may write everywhere.
    vi.spyOn(StoreDirectory.prototype, 'isWritable').mockResolvedValue(false);
    const storage = new KubernetesPvcStorage({ claim: 'store', seenAt: folder });
    expect(await storage.check()).toMatchObject([
      {
        ok: false,
        detail: expect.stringContaining('may not write') as string,
        mend: expect.stringContaining('fsGroup') as string,
      },
    ]);
  });
});
