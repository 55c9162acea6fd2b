import Docker from 'dockerode';
import type { Readable } from 'node:stream';
import type { EngineConnection } from './engine-connection.js';
import { EngineError, toEngineError } from './engine-error.js';
import { dockerOptions } from './engine-options.js';

/** The longest each kind of call may take, in milliseconds. */
const DEADLINE_MS = { read: 5_000, write: 30_000, create: 60_000 } as const;

export type ContainerFilters = Readonly<Record<string, readonly string[]>>;

/** Two engines that speak one API, not quite the same way. */
export type EngineKind = 'docker' | 'podman';

export interface EngineVersion {
  readonly engine: EngineKind;
  readonly version: string;
  readonly apiVersion: string;
}

/**
 * One client of a Docker-compatible engine: pooled connections, a deadline on every call, and
 * `EngineError` as the only error. A socket that is missing is looked for again at the next call.
 */
export class DockerEngine {
  private docker: Docker | undefined;
  private detected: EngineVersion | undefined;

  constructor(private readonly connection: EngineConnection) {}

  /** Which engine it is, once it has answered. */
  get kind(): EngineKind | undefined {
    return this.detected?.engine;
  }

  /** True once the engine has answered; until then its absence is not a passing fault. */
  get hasAnswered(): boolean {
    return this.detected !== undefined;
  }

  /** Which engine answers; asked once per connection. */
  async version(signal: AbortSignal): Promise<EngineVersion> {
    this.detected ??= await this.askVersion(signal);
    return this.detected;
  }

  /** Asks each time: whether the engine answers now. */
  async askVersion(signal: AbortSignal): Promise<EngineVersion> {
    const answer = await this.call('read', signal, (docker, abortSignal) =>
      dial<Docker.DockerVersion & { readonly Components?: readonly { readonly Name?: string }[] }>(
        docker,
        { path: '/version', method: 'GET', abortSignal, statusCodes: { 200: true } },
      ),
    );
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

  /** All containers that match, in every state. */
  async listContainers(
    filters: ContainerFilters,
    signal: AbortSignal,
  ): Promise<Docker.ContainerInfo[]> {
    return this.call('read', signal, (docker, abortSignal) =>
      docker.listContainers({ all: true, filters: JSON.stringify(filters), abortSignal }),
    );
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

  /** The end of a container's log as the engine multiplexes it; the caller must drain or destroy it. */
  async readLogs(id: string, lines: number | undefined, signal: AbortSignal): Promise<Readable> {
    const tail = lines === undefined ? 'all' : String(lines);
    return this.call('read', signal, (docker, abortSignal) =>
      dial<Readable>(docker, {
        // The modem appends the options as a query; without any it cuts the last character off.
        path: `/containers/${encodeURIComponent(id)}/logs?`,
        options: { stdout: true, stderr: true, tail },
        method: 'GET',
        isStream: true,
        abortSignal,
        statusCodes: { 200: true, 404: 'no such container', 500: 'server error' },
      }),
    );
  }

  /** One JSON document a line, from now on; ends with the connection or with `signal`. */
  async streamEvents(filters: ContainerFilters, signal: AbortSignal): Promise<Readable> {
    try {
      const query = { filters: JSON.stringify(filters), abortSignal: signal };
      return (await this.connect().getEvents(query as Docker.GetEventsOptions)) as Readable;
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
    const image = await this.orAbsent(
      this.call('read', signal, (docker, abortSignal) =>
        dial<unknown>(docker, {
          path: `/images/${encodeURIComponent(reference)}/json`,
          method: 'GET',
          abortSignal,
          statusCodes: { 200: true, 404: 'no such image', 500: 'server error' },
        }),
      ),
    );
    return image !== undefined;
  }

  /** Pulls an image to its end. @throws EngineError with the registry's words. */
  async pullImage(reference: string, signal: AbortSignal): Promise<void> {
    const docker = this.connect();
    try {
      const progress = await docker.pull(reference, { abortSignal: signal });
      await new Promise<void>((resolve, reject) => {
        docker.modem.followProgress(progress, (error, events: { error?: string }[]) => {
          const refusal = error?.message ?? events.find((event) => event.error)?.error;
          if (refusal === undefined) resolve();
          else reject(new EngineError(500, refusal, true, error));
        });
      });
    } catch (error) {
      throw toEngineError(error);
    }
  }

  private async call<T>(
    kind: keyof typeof DEADLINE_MS,
    signal: AbortSignal,
    request: (docker: Docker, abortSignal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const deadline = AbortSignal.any([signal, AbortSignal.timeout(DEADLINE_MS[kind])]);
    try {
      return await request(this.connect(), deadline);
    } catch (error) {
      const translated = toEngineError(error);
      // The next call looks for a socket again: another engine may have come up.
      if (translated.status === undefined) this.docker = undefined;
      throw translated;
    }
  }

  private connect(): Docker {
    this.docker ??= new Docker(dockerOptions(this.connection));
    return this.docker;
  }

  private async orAbsent<T>(answer: Promise<T>): Promise<T | undefined> {
    return this.unlessStatus(404, answer);
  }

  private async unlessStatus<T>(status: number, answer: Promise<T>): Promise<T | undefined> {
    try {
      return await answer;
    } catch (error) {
      if (error instanceof EngineError && error.status === status) return undefined;
      throw error;
    }
  }
}

function dial<T>(docker: Docker, options: object): Promise<T> {
  return new Promise((resolve, reject) => {
    docker.modem.dial(options as never, (error: unknown, data: unknown) => {
      if (error) reject(error);
      else resolve(data as T);
    });
  });
}
