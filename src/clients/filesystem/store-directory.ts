import { chmod, chown, lstat, mkdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { invalidFields } from '../../shared/domain-error.js';
import { isInside, type RelativePath } from '../../shared/posix-path.js';
import type { DirectoryOwner, JobDirectories } from '../../storage/domain/storage.port.js';

/** Writable for the job's user alone where that user is known, for everybody where it is not. */
const MODE_KNOWN_OWNER = 0o775;
const MODE_ANY_OWNER = 0o777;

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

  /**
   * The input directory must exist, a missing output directory is made, and no component of either
   * may be a symbolic link: a job could have placed it there to reach what lies outside.
   * @throws DomainError `InvalidRequest` naming the field; nothing was made.
   */
  async prepare(directories: JobDirectories, owner: DirectoryOwner): Promise<void> {
    const input = await this.inspect(directories.input, 'input_dir');
    const output = await this.inspect(directories.output, 'output_dir');
    if (input.missing.length > 0) {
      throw invalidFields({ input_dir: `there is no directory "${directories.input}" in the store` });
    }
    if (output.missing.length === 0) return;
    await this.make(output.existing, output.missing, owner);
    // Whoever swaps a directory for a link while it is being made is caught here.
    await this.inspect(directories.output, 'output_dir');
  }

  /** Walks down from the root and tells which part exists. */
  private async inspect(
    path: RelativePath,
    field: string,
  ): Promise<{ readonly existing: string; readonly missing: readonly string[] }> {
    const root = await realpath(this.root);
    const components = path.split('/');
    let existing = root;
    for (const [index, component] of components.entries()) {
      const next = join(existing, component);
      const entry = await lstat(next).catch(absentAsUndefined);
      if (entry === undefined) return { existing, missing: components.slice(index) };
      if (entry.isSymbolicLink()) {
        throw invalidFields({ [field]: 'must not lead through a symbolic link' });
      }
      if (!entry.isDirectory()) throw invalidFields({ [field]: 'must be a directory' });
      existing = next;
    }
    if (!isInside(root, await realpath(existing))) {
      throw invalidFields({ [field]: 'must stay inside the store' });
    }
    return { existing, missing: [] };
  }

  private async make(
    existing: string,
    missing: readonly string[],
    owner: DirectoryOwner,
  ): Promise<void> {
    const parent = await stat(existing);
    let path = existing;
    for (const [index, component] of missing.entries()) {
      path = join(path, component);
      await mkdir(path).catch(existsAsDone);
      const isOutput = index === missing.length - 1;
      const uid = (isOutput ? owner.uid : undefined) ?? parent.uid;
      const gid = (isOutput ? owner.gid : undefined) ?? parent.gid;
      const owned = await tryChown(path, uid, gid);
      if (!isOutput) continue;
      await chmod(path, owned && owner.uid !== undefined ? MODE_KNOWN_OWNER : MODE_ANY_OWNER);
    }
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

function absentAsUndefined(error: unknown): undefined {
  if (hasErrno(error, 'ENOENT')) return undefined;
  throw error;
}

function existsAsDone(error: unknown): void {
  if (!hasErrno(error, 'EEXIST')) throw error;
}
