import type Docker from 'dockerode';
import type { Readable } from 'node:stream';
import { DockerEngine, type EngineFilters } from './docker-engine.js';
import { dial, LOG_MS } from './engine-calls.js';
import { EngineError } from './engine-error.js';
import type { RegistryCredentials } from './registry-credentials.js';

/** A task as the engine lists it; what the client library does not know of is added. */
export interface SwarmTask {
  readonly ID: string;
  readonly Version: { readonly Index: number };
  readonly ServiceID: string;
  /** The worker, counted from 1. */
  readonly Slot: number;
  readonly NodeID?: string;
  readonly DesiredState: string;
  readonly Status: {
    readonly Timestamp?: string;
    readonly State: string;
    readonly Message?: string;
    readonly Err?: string;
    readonly ContainerStatus?: { readonly ContainerID?: string; readonly ExitCode?: number };
  };
}

export interface SwarmService {
  readonly ID: string;
  readonly Version: { readonly Index: number };
  readonly Spec: Docker.ServiceSpec;
}

export interface SwarmNode {
  readonly ID: string;
  readonly Status: { readonly State: string };
}

/** What the engine says of its swarm. */
export interface SwarmInfo {
  readonly LocalNodeState: string;
  readonly ControlAvailable: boolean;
  readonly Error?: string;
  readonly Nodes?: number;
  readonly Managers?: number;
}

/** A manager of a swarm. */
export class SwarmEngine extends DockerEngine {
  async swarm(signal: AbortSignal): Promise<SwarmInfo> {
    return (await this.get<{ readonly Swarm: SwarmInfo }>('/info', {}, signal)).Swarm;
  }

  /** @returns its id. */
  async createService(
    spec: Docker.ServiceSpec,
    credentials: RegistryCredentials | undefined,
    signal: AbortSignal,
  ): Promise<string> {
    const { ID } = await this.call('create', signal, (docker, abortSignal) =>
      dial<{ readonly ID: string }>(docker, {
        path: '/services/create',
        method: 'POST',
        options: spec,
        abortSignal,
        ...(credentials && { authconfig: credentials }),
        statusCodes: { 200: true, 201: true },
      }),
    );
    return ID;
  }

  /** @returns nothing where no service has that name (or id, or id prefix: check the answer). */
  async findService(name: string, signal: AbortSignal): Promise<SwarmService | undefined> {
    const path = `/services/${encodeURIComponent(name)}`;
    try {
      return await this.orAbsent(this.get<SwarmService>(path, {}, signal));
    } catch (error) {
      // No name, but the beginning of several ids.
      if (error instanceof EngineError && /is ambiguous/.test(error.words)) return undefined;
      throw error;
    }
  }

  listServices(filters: EngineFilters, signal: AbortSignal): Promise<readonly SwarmService[]> {
    return this.get('/services', { filters: JSON.stringify(filters) }, signal);
  }

  listTasks(filters: EngineFilters, signal: AbortSignal): Promise<readonly SwarmTask[]> {
    return this.get('/tasks', { filters: JSON.stringify(filters) }, signal);
  }

  /** @returns nothing where the service is gone. */
  async listTasksOf(
    { ID }: SwarmService,
    signal: AbortSignal,
  ): Promise<readonly SwarmTask[] | undefined> {
    const tasks = await this.orAbsent(this.listTasks({ service: [ID] }, signal));
    // The engine also filters by the beginning of an id.
    return tasks?.filter(({ ServiceID }) => ServiceID === ID);
  }

  listNodes(signal: AbortSignal): Promise<readonly SwarmNode[]> {
    return this.get('/nodes', {}, signal);
  }

  /** A service that is gone is left alone. */
  async updateService(
    { ID, Version }: SwarmService,
    spec: Docker.ServiceSpec,
    signal: AbortSignal,
  ): Promise<void> {
    const updated = this.call('write', signal, (docker, abortSignal) =>
      dial(docker, {
        path: `/services/${ID}/update?`,
        method: 'POST',
        options: { _query: { version: Version.Index }, _body: spec },
        abortSignal,
        statusCodes: { 200: true },
      }),
    );
    await this.orAbsent(updated);
  }

  async removeService(id: string, signal: AbortSignal): Promise<void> {
    await this.orAbsent(
      this.call('write', signal, (docker, abortSignal) =>
        dial(docker, {
          path: `/services/${id}`,
          method: 'DELETE',
          abortSignal,
          statusCodes: { 200: true, 204: true },
        }),
      ),
    );
  }

  /** As `openLog`, of a task. */
  readTaskLogs(id: string, lines: number | undefined, signal: AbortSignal): Promise<Readable> {
    return this.openLog(`/tasks/${id}/logs`, lines, LOG_MS, signal);
  }
}
