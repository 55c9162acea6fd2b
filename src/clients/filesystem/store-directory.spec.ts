import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmod,
  chown,
  mkdir,
  mkdtemp,
  readdir,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { relativePath } from '../../../test/fakes/builders.js';
import { DomainError } from '../../shared/domain-error.js';
import { StoreDirectory } from './store-directory.js';

const IS_LINUX = process.platform === 'linux';
const IS_ROOT = process.getuid?.() === 0;
const OWNER = { uid: process.getuid?.(), gid: process.getgid?.() };
const UNKNOWN_OWNER = { uid: undefined, gid: undefined };

let root = '';
let store: StoreDirectory;

beforeEach(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'store-'));
  root = join(folder, 'storebase');
  await mkdir(join(root, 'key/incoming'), { recursive: true });
  await mkdir(join(folder, 'storebase-evil'));
  store = new StoreDirectory(root);
});

afterEach(async () => {
  await rm(join(root, '..'), { recursive: true, force: true });
});

function prepare(input: string, output: string, owner = OWNER): Promise<void> {
  return store.prepare({ input: relativePath(input), output: relativePath(output) }, owner);
}

async function refusal(prepared: Promise<void>): Promise<unknown> {
  try {
    await prepared;
    return undefined;
  } catch (error) {
    return error instanceof DomainError ? (error.fields ?? error.code) : error;
  }
}

const LINK = 'must not lead through a symbolic link';

describe('an output directory that is missing', () => {
  it("is made for the job's user and group to write into", async () => {
    const owner = IS_ROOT ? { uid: 1234, gid: 2345 } : OWNER;
    await prepare('key/incoming', 'key/outgoing', owner);
    const made = await stat(join(root, 'key/outgoing'));
    expect(made.isDirectory()).toBe(true);
    expect({ uid: made.uid, gid: made.gid, mode: made.mode & 0o7777 }).toEqual({
      ...owner,
      mode: 0o775,
    });
  });

  it('is made for everybody where the user of the job is not known', async () => {
    await prepare('key/incoming', 'key/outgoing', UNKNOWN_OWNER);
    expect((await stat(join(root, 'key/outgoing'))).mode & 0o7777).toBe(0o777);
  });

  it.runIf(IS_ROOT)(
    'belongs to whom the directory above belongs where nothing else is known',
    async () => {
      await chown(join(root, 'key'), 1001, 1002);
      await prepare('key/incoming', 'key/deep/outgoing', UNKNOWN_OWNER);
      for (const path of ['key/deep', 'key/deep/outgoing']) {
        expect(await stat(join(root, path))).toMatchObject({ uid: 1001, gid: 1002 });
      }
      expect((await stat(join(root, 'key/deep'))).mode & 0o7777).toBe(0o755);
    },
  );

  it('is made once by many requests at a time', async () => {
    const requests = Array.from({ length: 20 }, () => prepare('key/incoming', 'a/b/c'));
    await expect(Promise.all(requests)).resolves.toBeDefined();
  });

  it('may be as deep and as long as a path may be', async () => {
    const output = `${'directory/'.repeat(300)}end`;
    await prepare('key/incoming', output);
    await prepare('key/incoming', output);
  });
});

describe('an output directory that exists', () => {
  it('is left as it is', async () => {
    await mkdir(join(root, 'key/outgoing'));
    await chmod(join(root, 'key/outgoing'), 0o700);
    await prepare('key/incoming', 'key/outgoing', UNKNOWN_OWNER);
    expect((await stat(join(root, 'key/outgoing'))).mode & 0o7777).toBe(0o700);
  });

  it('may be the input directory too', async () => {
    await expect(prepare('key/incoming', 'key/incoming')).resolves.toBeUndefined();
  });
});

describe('an input directory that is missing', () => {
  it.each(['nothing', 'key/nothing', 'nothing/at/all'])(
    'is named and nothing is made: %s',
    async (input) => {
      expect(await refusal(prepare(input, 'key/outgoing'))).toEqual({
        input_dir: `there is no directory "${input}" in the store`,
      });
      expect(await readdir(root)).toEqual(['key']);
      expect(await readdir(join(root, 'key'))).toEqual(['incoming']);
    },
  );
});

describe('a symbolic link', () => {
  it.each([
    ['to the outside', '../storebase-evil'],
    ['to the root', '/'],
    ['to another place in the store', 'key'],
    ['to nothing', 'nowhere'],
    ['to itself', 'link'],
  ])('%s is not followed', async (_words, target) => {
    await symlink(target, join(root, 'link'));
    expect(await refusal(prepare('link', 'out'))).toEqual({ input_dir: LINK });
    expect(await refusal(prepare('link/incoming', 'out'))).toEqual({ input_dir: LINK });
    expect(await refusal(prepare('key/incoming', 'link'))).toEqual({ output_dir: LINK });
    expect(await refusal(prepare('key/incoming', 'link/made'))).toEqual({ output_dir: LINK });
    expect(await readdir(root)).toEqual(['key', 'link']);
    expect(await readdir(join(root, '../storebase-evil'))).toEqual([]);
  });

  it('may lead to the store itself', async () => {
    await symlink(root, join(root, '../link-to-store'));
    store = new StoreDirectory(join(root, '../link-to-store'));
    await prepare('key/incoming', 'key/outgoing');
    expect((await stat(join(root, 'key/outgoing'))).isDirectory()).toBe(true);
  });
});

describe('a file in the place of a directory', () => {
  it('is refused', async () => {
    await writeFile(join(root, 'file'), '');
    expect(await refusal(prepare('file', 'out'))).toEqual({ input_dir: 'must be a directory' });
    expect(await refusal(prepare('key/incoming', 'file'))).toEqual({
      output_dir: 'must be a directory',
    });
    expect(await refusal(prepare('key/incoming', 'file/out'))).toEqual({
      output_dir: 'must be a directory',
    });
  });
});

describe('a store', () => {
  it('is visible when it is a directory', async () => {
    await writeFile(join(root, 'file'), '');
    expect(await store.isVisible()).toBe(true);
    expect(await new StoreDirectory(join(root, 'file')).isVisible()).toBe(false);
    expect(await new StoreDirectory(join(root, 'nothing')).isVisible()).toBe(false);
  });

  it('that vanished is unavailable, without telling where it was', async () => {
    await rm(root, { recursive: true });
    const error: unknown = await prepare('key/incoming', 'out').catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'StorageUnavailable', retryable: true });
    expect((error as Error).message).not.toContain(root);
  });

  it.runIf(IS_LINUX)('that cannot be written is unavailable for good', async () => {
    // The kernel lets nobody make directories there.
    store = new StoreDirectory('/sys/kernel');
    const error: unknown = await prepare('mm', 'no-such-directory').catch(
      (reason: unknown) => reason,
    );
    expect(error).toMatchObject({ code: 'StorageUnavailable', retryable: false });
  });

  it.runIf(IS_LINUX)('holds no file open after a request, whatever its outcome', async () => {
    const openFiles = async (): Promise<number> => (await readdir('/proc/self/fd')).length;
    await symlink('/', join(root, 'link'));
    const before = await openFiles();
    for (let round = 0; round < 50; round += 1) {
      await prepare('key/incoming', `out-${round}/x/y`);
      await refusal(prepare('key/nothing', 'out'));
      await refusal(prepare('key/incoming', 'link/x'));
    }
    expect(await openFiles()).toBeLessThanOrEqual(before + 2);
  });
});

describe.runIf(IS_LINUX)('a job that swaps its directory for a link while requests come in', () => {
  it('never makes the service touch what lies outside', { timeout: 60_000 }, async () => {
    const outside = join(root, '../storebase-evil');
    await chmod(outside, 0o700);
    const before = await stat(outside);
    await mkdir(join(root, 'swapped'));
    const swapper = spawn('sh', ['-c', SWAP, 'sh', join(root, 'swapped'), outside]);
    const owner = IS_ROOT ? { uid: 4321, gid: 4321 } : OWNER;
    const outcomes = new Set<string>();
    const deadline = performance.now() + 4_000;
    for (let round = 0; performance.now() < deadline; round += 1) {
      const last = await refusal(prepare('key/incoming', 'swapped/outgoing', owner));
      const deep = await refusal(
        prepare('key/incoming', `swapped/outgoing/made-${round % 50}`, owner),
      );
      outcomes.add(JSON.stringify(last)).add(JSON.stringify(deep));
    }
    swapper.kill('SIGKILL');
    await once(swapper, 'exit');
    expect(await readdir(outside)).toEqual([]);
    const { uid, gid, mode } = await stat(outside);
    expect({ uid, gid, mode }).toEqual({ uid: before.uid, gid: before.gid, mode: before.mode });
    // Both sides of the race were seen, or it was none.
    expect(outcomes.size).toBeGreaterThan(1);
  });
});

/** Puts in turns nothing, a link to the outside and a directory at `$1/outgoing`. */
const SWAP = `
while :; do
  ln -s "$2" "$1/outgoing" 2>/dev/null
  rm -rf "$1/outgoing" 2>/dev/null
  mkdir "$1/outgoing" 2>/dev/null
  rm -rf "$1/outgoing" 2>/dev/null
done`;
