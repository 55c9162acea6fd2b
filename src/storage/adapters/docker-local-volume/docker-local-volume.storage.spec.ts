import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { relativePath } from '../../../../test/fakes/builders.js';
import type { DockerEngine } from '../../../clients/docker-engine/docker-engine.js';
import { EngineError } from '../../../clients/docker-engine/engine-error.js';
import { DockerLocalVolumeStorage } from './docker-local-volume.storage.js';

const directories = { input: relativePath('key/in'), output: relativePath('key/out') };
const anybody = { uid: undefined, gid: undefined };
const soon = (): AbortSignal => AbortSignal.timeout(1_000);

/** What the engine knows; a question beyond it fails. */
interface Known {
  volume?: object;
  containers?: object[];
  error?: EngineError;
}

function storageOf(known: Known, volumeName?: string, seenAt?: string) {
  const asked: unknown[] = [];
  const answer = (question: unknown, value: unknown): Promise<unknown> => {
    asked.push(question);
    return known.error === undefined ? Promise.resolve(value) : Promise.reject(known.error);
  };
  const engine = {
    findVolume: (name: string) => answer(name, known.volume),
    listContainers: (filters: object, take: (container: object) => unknown) =>
      answer(filters, known.containers?.map(take) ?? []),
  } as unknown as DockerEngine;
  const options = { volumeName, pfconSelector: 'role=pfcon', seenAt };
  return { storage: new DockerLocalVolumeStorage(engine, options), asked };
}

const pfcon = (Source: string): object => ({
  Mounts: [
    { Destination: '/tmp', Source: '/elsewhere' },
    { Destination: '/var/local/storeBase', Source },
  ],
});

describe('the store in a volume', () => {
  const volume = { Driver: 'local', Mountpoint: '/var/lib/docker/volumes/v/_data' };

  it('is found by the name of the volume, once', async () => {
    const { storage, asked } = storageOf({ volume }, 'v');
    const mounts = {
      input: { kind: 'host-path', path: '/var/lib/docker/volumes/v/_data/key/in' },
      output: { kind: 'host-path', path: '/var/lib/docker/volumes/v/_data/key/out' },
    };
    expect(await storage.resolve(directories, soon())).toEqual(mounts);
    expect(await storage.resolve(directories, soon())).toEqual(mounts);
    expect(asked).toEqual(['v']);
  });

  it('is found through the container that carries the label', async () => {
    const { storage, asked } = storageOf({
      containers: [pfcon('/srv/store'), pfcon('/srv/store')],
    });
    const { input } = await storage.resolve(directories, soon());
    expect(input.path).toBe('/srv/store/key/in');
    expect(asked).toEqual([{ label: ['role=pfcon'], status: ['running'] }]);
  });

  it.each([null, {}, { size: '10G' }, { o: 'uid=1000' }])(
    'lies where its volume does with the options %j',
    async (Options) => {
      const { storage } = storageOf({ volume: { ...volume, Options } }, 'v');
      const { input } = await storage.resolve(directories, soon());
      expect(input.path).toBe('/var/lib/docker/volumes/v/_data/key/in');
    },
  );

  it.each(['bind', 'rw,rbind'])(
    'lies at the directory that its volume binds with %s',
    async (o) => {
      const Options = { type: 'none', device: '/srv/store', o };
      const { storage } = storageOf({ volume: { ...volume, Options } }, 'v');
      const { output } = await storage.resolve(directories, soon());
      expect(output.path).toBe('/srv/store/key/out');
    },
  );

  it.each<[string, Known, string | undefined]>([
    ...[
      { type: 'nfs', device: ':/export', o: 'addr=10.0.0.1,rw' },
      { type: 'tmpfs', device: 'tmpfs' },
      { type: 'ext4', device: '/dev/sdb1' },
    ].map((Options): [string, Known, string] => [
      'is mounted only while a container uses it',
      { volume: { ...volume, Options } },
      'v',
    ]),
    [
      'must not lie in /etc',
      { volume: { ...volume, Options: { type: 'none', device: '/etc', o: 'bind' } } },
      'v',
    ],
    ['there is no volume "v"', {}, 'v'],
    ['has the driver "nfs"', { volume: { ...volume, Driver: 'nfs' } }, 'v'],
    ['must not lie in /etc', { volume: { ...volume, Mountpoint: '/etc' } }, 'v'],
    ['with the label role=pfcon', {}, undefined],
    ['mounts nothing at /var/local/storeBase', { containers: [{ Mounts: [] }] }, undefined],
    ['have different stores', { containers: [pfcon('/a'), pfcon('/b')] }, undefined],
    [
      'cannot be looked up: no answer',
      { error: new EngineError(undefined, 'no answer', false, undefined) },
      'v',
    ],
  ])('is unavailable for the time being when it %s', async (words, known, name) => {
    const { storage } = storageOf(known, name);
    await expect(storage.resolve(directories, soon())).rejects.toMatchObject({
      code: 'StorageUnavailable',
      retryable: true,
      message: expect.stringContaining(words),
    });
    const [point] = await storage.check(soon());
    expect(point).toMatchObject({ ok: false, detail: expect.stringContaining(words) });
    expect(point?.mend).toContain('VOLUME_NAME');
  });

  it('is looked for again after it was not found', async () => {
    const known: Known = {};
    const { storage } = storageOf(known, 'v');
    await expect(storage.resolve(directories, soon())).rejects.toThrow('no volume');
    known.volume = volume;
    await expect(storage.resolve(directories, soon())).resolves.toBeDefined();
  });

  it('is checked and written where the service sees it, and left to the engine where it does not', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'volume-'));
    await mkdir(join(folder, 'key/in'), { recursive: true });
    const unseen = { ...volume, Mountpoint: '/srv/no-such-volume' };
    const { storage } = storageOf({ volume: unseen }, 'v', folder);
    await storage.prepare(directories, anybody, soon());
    expect(await readdir(join(folder, 'key'))).toEqual(['in', 'out']);
    expect((await storage.check(soon()))[0]?.detail).toBe('volume v at /srv/no-such-volume');
    await rm(folder, { recursive: true });
    await storage.prepare(directories, anybody, soon());
    expect((await storage.check(soon()))[0]?.detail).toContain('does not see');
  });
});
