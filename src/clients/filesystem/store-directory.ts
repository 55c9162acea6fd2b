import { constants } from 'node:fs';
import { access, chmod, chown, lstat, mkdir, open, stat, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { DomainError, invalidFields } from '../../shared/domain-error.js';
import type { RelativePath } from '../../shared/posix-path.js';
import type { DirectoryOwner, JobDirectories } from '../../storage/domain/storage.port.js';

/** Writable for the job's user alone where that user is known, for everybody where it is not. */
const MODE_KNOWN_OWNER = 0o775;
const MODE_ANY_OWNER = 0o777;

const IS_LINUX = process.platform === 'linux';
/** Linux, `asm-generic/fcntl.h`: holds a directory without the right to read it. */
const O_PATH = 0o10000000;
const HOLD = constants.O_DIRECTORY | (IS_LINUX ? O_PATH : constants.O_RDONLY);

/** What time does not mend. */
const LASTING_ERRORS = ['EACCES', 'EPERM', 'EROFS'];

/** A directory that is held open, so that nobody can put another one in its place. */
interface Held {
  readonly handle: FileHandle;
  /** Leads to the held directory itself, whatever its name leads to by now (on Linux). */
  readonly path: string;
}

/** The store as this service sees it: checks and makes the directories of a job. */
export class StoreDirectory {
  /** @param root absolute path of the store in this service's own file system */
  constructor(private readonly root: string) {}

  async isVisible(): Promise<boolean> {
    try {
      return (await stat(this.root)).isDirectory();
    } catch {
      return false;
    }
  }

  /** Whether directories can be made in it. */
  async isWritable(): Promise<boolean> {
    return access(this.root, constants.W_OK | constants.X_OK).then(
      () => true,
      () => false,
    );
  }

  /**
   * The input directory must exist, a missing output directory is made, and no component of either
   * may be a symbolic link: a job could have placed it there to reach what lies outside.
   * @throws DomainError `InvalidRequest` naming the field, nothing was made; `StorageUnavailable`
   *   when the file system refuses.
   */
  async prepare(directories: JobDirectories, owner: DirectoryOwner): Promise<void> {
    await translateErrors(async () => {
      if (await this.hasOutput(directories)) return;
      await this.walk(directories.output, 'output_dir', async (parent, component, isLast) => {
        await make(parent, component, isLast ? owner : undefined);
        return 'made';
      });
    });
  }

  /** As `prepare`, but makes nothing: a missing output directory is no error. */
  async verify(directories: JobDirectories): Promise<void> {
    await translateErrors(() => this.hasOutput(directories));
  }

  /**
   * Looks at both directories at the same time: a store across a network answers slowly.
   * @throws DomainError what is wrong with the input directory before what is with the other
   */
  private async hasOutput({ input, output }: JobDirectories): Promise<boolean> {
    const [ofInput, ofOutput] = await Promise.allSettled([
      this.walk(input, 'input_dir', () => refuseMissing(input)),
      this.walk(output, 'output_dir', () => Promise.resolve('missing')),
    ]);
    if (ofInput.status === 'rejected') throw ofInput.reason;
    if (ofOutput.status === 'rejected') throw ofOutput.reason;
    return ofOutput.value;
  }

  /**
   * Goes down from the root, holding each directory while the next is looked for below it.
   * @returns whether the last one is there
   */
  private async walk(
    path: RelativePath,
    field: 'input_dir' | 'output_dir',
    onMissing: (parent: Held, component: string, isLast: boolean) => Promise<'made' | 'missing'>,
  ): Promise<boolean> {
    let current = hold(await open(this.root, HOLD), this.root);
    try {
      const components = path.split('/');
      for (const [index, component] of components.entries()) {
        let next = await enter(current, component, field);
        if (next === undefined) {
          const outcome = await onMissing(current, component, index === components.length - 1);
          if (outcome === 'missing') return false;
          next = await enter(current, component, field);
        }
        if (next === undefined) throw new Error('a directory vanished as soon as it was made');
        release(current);
        current = next;
      }
      return true;
    } finally {
      release(current);
    }
  }
}

function refuseMissing(input: RelativePath): never {
  throw invalidFields({ input_dir: `there is no directory "${input}" in the store` });
}

async function translateErrors(work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (error instanceof DomainError) throw error;
    const retryable = !LASTING_ERRORS.some((code) => hasErrno(error, code));
    const message = 'the store cannot be read or written';
    throw new DomainError('StorageUnavailable', message, { retryable, cause: error });
  }
}

function hold(handle: FileHandle, path: string): Held {
  return { handle, path: IS_LINUX ? `/proc/self/fd/${handle.fd}` : path };
}

/** Nobody waits for it. */
function release({ handle }: Held): void {
  handle.close().catch(() => undefined);
}

/** @returns nothing where there is no such entry. */
async function enter(parent: Held, component: string, field: string): Promise<Held | undefined> {
  const path = join(parent.path, component);
  try {
    return hold(await open(path, HOLD | constants.O_NOFOLLOW), path);
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return undefined;
    if (!hasErrno(error, 'ENOTDIR') && !hasErrno(error, 'ELOOP')) throw error;
  }
  const isLink = (await lstat(path)).isSymbolicLink();
  const reason = isLink ? 'must not lead through a symbolic link' : 'must be a directory';
  throw invalidFields({ [field]: reason });
}

/** @param owner of the output directory; the directories above it belong to whom their parent does */
async function make(
  parent: Held,
  component: string,
  owner: DirectoryOwner | undefined,
): Promise<void> {
  try {
    await mkdir(join(parent.path, component));
  } catch (error) {
    // Another request was faster: what it does with the directory is its own matter.
    if (hasErrno(error, 'EEXIST')) return;
    throw error;
  }
  const made = await enter(parent, component, 'output_dir');
  if (made === undefined) return;
  try {
    const { uid, gid } = await stat(parent.path);
    const isGiven = await tryChown(made.path, owner?.uid ?? uid, owner?.gid ?? gid);
    if (owner === undefined) return;
    await chmod(made.path, isGiven && owner.uid !== undefined ? MODE_KNOWN_OWNER : MODE_ANY_OWNER);
  } finally {
    release(made);
  }
}

/** A service that is not root may be unable to give a directory away. */
async function tryChown(path: string, uid: number, gid: number): Promise<boolean> {
  try {
    await chown(path, uid, gid);
    return true;
  } catch {
    return false;
  }
}

function hasErrno(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
