import { StoreDirectory } from '../../../clients/filesystem/store-directory.js';
import type { CheckResult } from '../../../shared/check-result.js';
import type { Mounts } from '../../domain/mounts.js';
import type { DirectoryOwner, JobDirectories, StoragePort } from '../../domain/storage.port.js';
import { describeUnseenStore } from '../unseen-store.js';

export interface KubernetesPvcOptions {
  /** Name of a persistent volume claim in the namespace of the jobs. */
  readonly claim: string;
  /** Path at which this service has the same claim mounted. */
  readonly seenAt: string | undefined;
}

/** The volume behind a claim of a cluster; jobs mount their two directories of it. */
export class KubernetesPvcStorage implements StoragePort {
  readonly type = 'kubernetes_pvc';
  private readonly directory: StoreDirectory | undefined;

  constructor(private readonly options: KubernetesPvcOptions) {
    this.directory = options.seenAt === undefined ? undefined : new StoreDirectory(options.seenAt);
  }

  resolve({ input, output }: JobDirectories): Promise<Mounts> {
    const source = { kind: 'pvc-subpath', claim: this.options.claim } as const;
    return Promise.resolve({
      input: { ...source, path: input },
      output: { ...source, path: output },
    });
  }

  async verify(directories: JobDirectories): Promise<void> {
    if (await this.directory?.isVisible()) await this.directory?.verify(directories);
  }

  async prepare(directories: JobDirectories, owner: DirectoryOwner): Promise<void> {
    if (await this.directory?.isVisible()) await this.directory?.prepare(directories, owner);
  }

  async check(): Promise<readonly CheckResult[]> {
    const { claim, seenAt } = this.options;
    const store = `claim ${claim}`;
    if (seenAt === undefined || this.directory === undefined) {
      return [{ name: 'storage', ok: true, detail: describeUnseenStore(store) }];
    }
    if (!(await this.directory.isVisible())) {
      const mend = 'mount the claim at STOREBASE_MOUNT in the pod of this service';
      return [{ name: 'storage', ok: false, detail: `${store} is not at ${seenAt}`, mend }];
    }
    if (!(await this.directory.isWritable())) {
      const mend = 'give the pod of this service the group of the volume: fsGroup';
      const detail = `${store} at ${seenAt}: this service may not write there`;
      return [{ name: 'storage', ok: false, detail, mend }];
    }
    return [{ name: 'storage', ok: true, detail: `${store} at ${seenAt}` }];
  }
}
