import type Docker from 'dockerode';
import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { EngineCalls, dial } from './engine-calls.js';
import { isRunningRefusal, toEngineError } from './engine-error.js';
import { readElements } from './json-elements.js';
import { readPullProgress } from './pull-progress.js';
import type { RegistryCredentials } from './registry-credentials.js';

/** A pull without a word of progress for this long is taken for dead. */
const PULL_SILENCE_MS = 300_000;
/** An engine that lives begins with the log of a container at once. */
const LOG_BEGINS_MS = 2_000;

export type EngineFilters = Readonly<Record<string, readonly string[]>>;

/** Two engines that speak one API, not quite the same way. */
export type EngineKind = 'docker' | 'podman';

export interface EngineVersion {
  readonly engine: EngineKind;
  readonly version: string;
  readonly apiVersion: string;
}

type Version = Docker.DockerVersion & {
  readonly Components?: readonly { readonly Name?: string }[];
};

/** The calls that this service makes of a Docker-compatible engine. */
export class DockerEngine extends EngineCalls {
  private detected: EngineVersion | undefined;

  /** Which engine it is, once it has answered. */
  get kind(): EngineKind | undefined {
    return this.detected?.engine;
  }

  /** Which engine answers; asked once per connection. */
  async version(signal: AbortSignal): Promise<EngineVersion> {
    this.detected ??= await this.askVersion(signal);
    return this.detected;
  }

  /** Asks each time: whether the engine answers now. */
  async askVersion(signal: AbortSignal): Promise<EngineVersion> {
    const answer = await this.get<Version>('/version', {}, signal);
    const components = answer.Components ?? [];
    const isPodman = components.some(({ Name }) => Name?.startsWith('Podman') ?? false);
    const { Version: version, ApiVersion: apiVersion } = answer;
    this.detected = { engine: isPodman ? 'podman' : 'docker', version, apiVersion };
    return this.detected;
  }

  /** @returns nothing where no container has that name (or id, or id prefix: check the answer). */
  async findContainer(
    name: string,
    signal: AbortSignal,
  ): Promise<Docker.ContainerInspectInfo | undefined> {
    return this.orAbsent(
      this.call('read', signal, (docker, abortSignal) =>
        docker.getContainer(name).inspect({ abortSignal }),
      ),
    );
  }

  /** All containers that match, in every state. @param take makes of each what is kept of it */
  async listContainers<T>(
    filters: EngineFilters,
    take: (container: Docker.ContainerInfo) => T,
    signal: AbortSignal,
  ): Promise<T[]> {
    return this.call('read', signal, async (docker, abortSignal) => {
      const answer = await dial<Readable>(docker, {
        path: '/containers/json?',
        options: { all: true, filters: JSON.stringify(filters) },
        method: 'GET',
        isStream: true,
        abortSignal,
        statusCodes: { 200: true },
      });
      return readElements(answer, abortSignal, (container) =>
        take(container as Docker.ContainerInfo),
      );
    });
  }

  /** @returns the new container's id. */
  async createContainer(body: Docker.ContainerCreateOptions, signal: AbortSignal): Promise<string> {
    const container = await this.call('create', signal, (docker, abortSignal) =>
      docker.createContainer({ ...body, abortSignal }),
    );
    return container.id;
  }

  /** Starts it once; a container that runs already is left alone. */
  async startContainer(id: string, signal: AbortSignal): Promise<void> {
    await this.unlessStatus(
      304,
      this.call('create', signal, (docker, abortSignal) =>
        docker.getContainer(id).start({ abortSignal }),
      ),
    );
  }

  /** Signals, waits `graceSeconds`, kills; a container that has ended is left alone. */
  async stopContainer(id: string, graceSeconds: number, signal: AbortSignal): Promise<void> {
    await this.unlessStatus(
      304,
      this.call('write', signal, (docker, abortSignal) =>
        docker.getContainer(id).stop({ t: graceSeconds, abortSignal }),
      ),
    );
  }

  /** Kills, removes, and removes anonymous volumes too. */
  async removeContainer(id: string, signal: AbortSignal): Promise<void> {
    await this.call('write', signal, (docker, abortSignal) =>
      docker.getContainer(id).remove({ force: true, v: true, abortSignal }),
    );
  }

  /** Removes a container that does not run; one that does, and one that is gone, are left alone. */
  async removeUnstarted(id: string, signal: AbortSignal): Promise<void> {
    const removed = this.call('write', signal, (docker, abortSignal) =>
      docker.getContainer(id).remove({ v: true, abortSignal }),
    );
    await this.unlessStatus(404, removed).catch((error: unknown) => {
      if (!isRunningRefusal(error)) throw error;
    });
  }

  /** As `openLog`, of a container. */
  readLogs(id: string, lines: number | undefined, signal: AbortSignal): Promise<Readable> {
    const path = `/containers/${encodeURIComponent(id)}/logs`;
    return this.openLog(path, lines, LOG_BEGINS_MS, signal);
  }

  /** One JSON document a line, from now on; ends with the connection or with `signal`. */
  async streamEvents(filters: EngineFilters, signal: AbortSignal): Promise<Readable> {
    try {
      const query = { filters: JSON.stringify(filters), abortSignal: signal };
      return (await this.connect('streams').getEvents(
        query as Docker.GetEventsOptions,
      )) as Readable;
    } catch (error) {
      throw toEngineError(error);
    }
  }

  async findVolume(
    name: string,
    signal: AbortSignal,
  ): Promise<Docker.VolumeInspectInfo | undefined> {
    return this.orAbsent(
      this.call('read', signal, (docker, abortSignal) =>
        docker.getVolume(name).inspect({ abortSignal }),
      ),
    );
  }

  async hasImage(reference: string, signal: AbortSignal): Promise<boolean> {
    const path = `/images/${encodeURIComponent(reference)}/json`;
    const image = await this.orAbsent(this.get<unknown>(path, {}, signal));
    return image !== undefined;
  }

  async createVolume(
    name: string,
    labels: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<void> {
    await this.call('write', signal, (docker, abortSignal) =>
      docker.createVolume({ Name: name, Labels: { ...labels }, abortSignal }),
    );
  }

  /** All volumes that match. */
  async listVolumes(
    filters: EngineFilters,
    signal: AbortSignal,
  ): Promise<readonly Docker.VolumeInspectInfo[]> {
    const answer = await this.call('read', signal, (docker, abortSignal) =>
      docker.listVolumes({ filters: JSON.stringify(filters), abortSignal }),
    );
    // Docker says null for none.
    return answer.Volumes ?? [];
  }

  /** @returns false where there was none. */
  async removeVolume(name: string, signal: AbortSignal): Promise<boolean> {
    const removed = this.call('write', signal, async (docker, abortSignal) => {
      await docker.getVolume(name).remove({ abortSignal });
      return true;
    });
    return (await this.orAbsent(removed)) ?? false;
  }

  /**
   * Milliseconds since 1970 by the engine's clock, cut to the second. Not from `/info`: Podman starts
   * a dozen programs for that.
   */
  async now(signal: AbortSignal): Promise<number> {
    const answer = await this.call('read', signal, (docker, abortSignal) =>
      dial<IncomingMessage>(docker, {
        path: '/_ping',
        method: 'GET',
        isStream: true,
        abortSignal,
        statusCodes: { 200: true, 500: 'server error' },
      }),
    );
    answer.resume();
    return Date.parse(answer.headers.date ?? '');
  }

  /** Pulls an image to its end. @throws EngineError with the registry's words. */
  async pullImage(
    reference: string,
    credentials: RegistryCredentials | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    const docker = this.connect('streams');
    const silence = new AbortController();
    const ended = AbortSignal.any([signal, silence.signal]);
    const watchdog = setTimeout(() => silence.abort(), PULL_SILENCE_MS).unref();
    try {
      const progress = await docker.pull(reference, {
        abortSignal: ended,
        ...(credentials && { authconfig: credentials }),
      });
      await readPullProgress(progress as Readable, () => watchdog.refresh());
    } catch (error) {
      throw toEngineError(error);
    } finally {
      clearTimeout(watchdog);
    }
  }
}
