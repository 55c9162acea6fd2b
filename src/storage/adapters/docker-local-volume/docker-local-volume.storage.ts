import type { DockerEngine } from '../../../clients/docker-engine/docker-engine.js';
import { EngineError } from '../../../clients/docker-engine/engine-error.js';
import { StoreDirectory } from '../../../clients/filesystem/store-directory.js';
import type { CheckResult } from '../../../shared/check-result.js';
import { forbiddenStoreReason } from '../../domain/forbidden-sources.js';
import type { Mounts } from '../../domain/mounts.js';
import type { DirectoryOwner, JobDirectories, StoragePort } from '../../domain/storage.port.js';
import { describeUnseenStore } from '../unseen-store.js';
import { storageUnavailable } from '../../domain/storage-errors.js';

/** What an engine mounts at a volume's place, while a container uses the volume. */
interface MountedVolume {
  readonly Mountpoint: string;
  /** As for mount(8): `type`, `device` and `o`; null without any. */
  readonly Options?: Readonly<Record<string, string>> | null;
}

/** Where pfcon mounts its store, by convention of the platform. */
const PFCON_STORE = '/var/local/storeBase';

export interface DockerLocalVolumeOptions {
  readonly volumeName: string | undefined;
  /** Label, `key` or `key=value`, of the container whose mount is the store. */
  readonly pfconSelector: string;
  readonly seenAt: string | undefined;
}

/**
 * A local volume of the engine, named or found through the pfcon container. Found when first needed,
 * looked for again after each failure, and then kept.
 */
export class DockerLocalVolumeStorage implements StoragePort {
  readonly type = 'docker_local_volume';
  private mountpoint: string | undefined;

  constructor(
    private readonly engine: DockerEngine,
    private readonly options: DockerLocalVolumeOptions,
  ) {}

  async resolve({ input, output }: JobDirectories, signal: AbortSignal): Promise<Mounts> {
    const base = await this.locate(signal);
    return {
      input: { kind: 'host-path', path: `${base}/${input}` },
      output: { kind: 'host-path', path: `${base}/${output}` },
    };
  }

  async verify(directories: JobDirectories, signal: AbortSignal): Promise<void> {
    const directory = await this.directory(signal);
    if (await directory.isVisible()) await directory.verify(directories);
  }

  async prepare(
    directories: JobDirectories,
    owner: DirectoryOwner,
    signal: AbortSignal,
  ): Promise<void> {
    const directory = await this.directory(signal);
    if (await directory.isVisible()) await directory.prepare(directories, owner);
  }

  async check(signal: AbortSignal): Promise<readonly CheckResult[]> {
    try {
      const visible = await (await this.directory(signal)).isVisible();
      const store = `${this.words()} at ${await this.locate(signal)}`;
      return [{ name: 'storage', ok: true, detail: visible ? store : describeUnseenStore(store) }];
    } catch (error) {
      const detail = error instanceof Error ? error.message : 'not found';
      const mend =
        'create the volume or start pfcon; set VOLUME_NAME or PFCON_SELECTOR if they differ';
      return [{ name: 'storage', ok: false, detail, mend }];
    }
  }

  private words(): string {
    const { volumeName, pfconSelector } = this.options;
    return volumeName === undefined
      ? `the store of the container labelled ${pfconSelector}`
      : `volume ${volumeName}`;
  }

  private async directory(signal: AbortSignal): Promise<StoreDirectory> {
    return new StoreDirectory(this.options.seenAt ?? (await this.locate(signal)));
  }

  private async locate(signal: AbortSignal): Promise<string> {
    this.mountpoint ??= await this.discover(signal);
    return this.mountpoint;
  }

  private async discover(signal: AbortSignal): Promise<string> {
    const path = await this.askEngine(signal);
    const reason = forbiddenStoreReason(path);
    if (reason !== undefined) throw storageUnavailable(`the store of this service ${reason}`);
    return path;
  }

  private async askEngine(signal: AbortSignal): Promise<string> {
    const { volumeName } = this.options;
    try {
      return volumeName === undefined
        ? await this.mountpointOfPfcon(signal)
        : await this.mountpointOfVolume(volumeName, signal);
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      throw storageUnavailable(`the store cannot be looked up: ${error.words}`, error);
    }
  }

  private async mountpointOfVolume(name: string, signal: AbortSignal): Promise<string> {
    const volume = await this.engine.findVolume(name, signal);
    if (volume === undefined) throw storageUnavailable(`there is no volume "${name}"`);
    if (volume.Driver !== 'local') {
      throw storageUnavailable(`volume "${name}" has the driver "${volume.Driver}", not "local"`);
    }
    return placeOf(name, volume);
  }

  private async mountpointOfPfcon(signal: AbortSignal): Promise<string> {
    const { pfconSelector } = this.options;
    const filters = { label: [pfconSelector], status: ['running'] };
    const containers = await this.engine.listContainers(filters, ({ Mounts }) => Mounts, signal);
    if (containers.length === 0) {
      throw storageUnavailable(`there is no running container with the label ${pfconSelector}`);
    }
    const sources = containers
      .flat()
      .filter(({ Destination }) => Destination === PFCON_STORE)
      .map(({ Source }) => Source);
    const [source, ...others] = new Set(sources);
    if (source === undefined) {
      throw storageUnavailable(
        `the container labelled ${pfconSelector} mounts nothing at ${PFCON_STORE}`,
      );
    }
    if (others.length > 0) {
      throw storageUnavailable(
        `containers labelled ${pfconSelector} have different stores; set VOLUME_NAME`,
      );
    }
    return source;
  }
}

/**
 * Where the data of a volume lies on the engine's machine. Its own place is an empty directory until
 * some container uses the volume, and jobs do not: what they wrote there would be lost to everybody.
 * @throws DomainError `StorageUnavailable` for what only the engine can mount
 */
function placeOf(name: string, { Mountpoint, Options }: MountedVolume): string {
  const { device = '', type = '', o = '' } = Options ?? {};
  if (device === '' && type === '') return Mountpoint;
  const isBind = ['bind', 'rbind'].some((word) => o.split(',').includes(word));
  if (isBind && device.startsWith('/')) return device;
  throw storageUnavailable(
    `volume "${name}" is mounted only while a container uses it; mount what it holds on every machine that runs jobs, and set STORAGE_TYPE=host`,
  );
}
