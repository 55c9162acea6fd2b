import { StoreDirectory } from '../../../clients/filesystem/store-directory.js';
import type { CheckResult } from '../../../shared/check-result.js';
import type { Mounts } from '../../domain/mounts.js';
import type { DirectoryOwner, JobDirectories, StoragePort } from '../../domain/storage.port.js';
import { describeUnseenStore } from '../unseen-store.js';
import { storageUnavailable } from '../../domain/storage-errors.js';

export interface HostStorageOptions {
  /** Absolute path of the store where the jobs run. */
  readonly storeBase: string;
  /** Path at which this service sees it, where that differs. */
  readonly seenAt: string | undefined;
  /** True where jobs run on this very host, so that a store that is not seen cannot exist. */
  readonly mustBeVisible: boolean;
}

/** A directory of the machine where the jobs run. */
export class HostStorage implements StoragePort {
  readonly type = 'host';
  private readonly directory: StoreDirectory;

  constructor(private readonly options: HostStorageOptions) {
    this.directory = new StoreDirectory(options.seenAt ?? options.storeBase);
  }

  resolve({ input, output }: JobDirectories): Promise<Mounts> {
    const { storeBase } = this.options;
    return Promise.resolve({
      input: { kind: 'host-path', path: `${storeBase}/${input}` },
      output: { kind: 'host-path', path: `${storeBase}/${output}` },
    });
  }

  async verify(directories: JobDirectories): Promise<void> {
    if (await this.isUsable()) await this.directory.verify(directories);
  }

  async prepare(directories: JobDirectories, owner: DirectoryOwner): Promise<void> {
    if (await this.isUsable()) await this.directory.prepare(directories, owner);
  }

  async check(): Promise<readonly CheckResult[]> {
    const { storeBase, mustBeVisible } = this.options;
    if (await this.directory.isVisible()) {
      return [{ name: 'storage', ok: true, detail: `STOREBASE ${storeBase}` }];
    }
    if (mustBeVisible) {
      const mend = 'create the directory, or point STOREBASE at the one that exists';
      return [
        { name: 'storage', ok: false, detail: `STOREBASE ${storeBase} does not exist`, mend },
      ];
    }
    return [{ name: 'storage', ok: true, detail: describeUnseenStore(`STOREBASE ${storeBase}`) }];
  }

  /** False where the engine alone sees the store. */
  private async isUsable(): Promise<boolean> {
    if (await this.directory.isVisible()) return true;
    if (this.options.mustBeVisible) throw storageUnavailable('the store cannot be found');
    return false;
  }
}
