import { join } from 'node:path';
import { createStore, Harness, removeStore } from '../contract/harness.js';
import { startServiceProcess } from '../contract/service-process.js';
import { engineTarget, type EngineTarget } from '../contract/targets/engine-target.js';
import { startFaultProxy, type FaultProxy } from './fault-proxy.js';
import { FaultyEngine, type EngineKind, type EngineOptions } from './faulty-engine.js';

export interface ServiceOptions {
  readonly variables?: Readonly<Record<string, string>>;
  /** The socket that it is given for the engine's; the proxy's without it. */
  readonly socketPath?: string;
  /** A command that runs the service. */
  readonly wrapper?: readonly string[];
}

/** A real engine, a proxy in front of it, and services that know the engine through the proxy. */
export class FaultRig {
  private readonly harnesses: Harness[] = [];
  private readonly proxies: FaultProxy[] = [];
  private starting: Promise<unknown> = Promise.resolve();

  private constructor(
    readonly engine: FaultyEngine,
    readonly target: EngineTarget,
    readonly store: string,
  ) {}

  /** @param name of the engine's folder: short, and no other spec's */
  static async up(kind: EngineKind, name: string, options?: EngineOptions): Promise<FaultRig> {
    const engine = await FaultyEngine.up(kind, name, options);
    const target = engineTarget(kind, `unix://${engine.socketPath}`);
    await target.start();
    const rig = new FaultRig(engine, target, await createStore());
    await rig.addProxy('proxy');
    return rig;
  }

  /** The one that services use where nothing else is said. */
  get proxy(): FaultProxy {
    const [first] = this.proxies;
    if (first === undefined) throw new Error('there is no proxy');
    return first;
  }

  socketOf(proxyName: string): string {
    return join(this.engine.folder, `${proxyName}.sock`);
  }

  /** One more way to the engine. */
  async addProxy(name: string): Promise<FaultProxy> {
    const { socketPath } = this.engine;
    const proxy = await startFaultProxy({ socketPath: this.socketOf(name) }, { socketPath });
    this.proxies.push(proxy);
    return proxy;
  }

  /** Starts a service at the rig's one store; several at once start one after another. */
  serve(options: ServiceOptions = {}): Promise<Harness> {
    const started = this.starting.then(() => this.start(options));
    this.starting = started.catch(() => undefined);
    return started;
  }

  private async start({ variables, socketPath, wrapper }: ServiceOptions): Promise<Harness> {
    const service = await startServiceProcess(
      {
        CONTAINER_ENV: this.engine.kind,
        STORAGE_TYPE: 'host',
        STOREBASE: this.store,
        DOCKER_HOST: `unix://${socketPath ?? this.socketOf('proxy')}`,
        ...variables,
      },
      wrapper,
    );
    const harness = new Harness(this.target, service, this.store);
    this.harnesses.push(harness);
    return harness;
  }

  /** Names of the containers with the label of the service. */
  containers(): Promise<readonly string[]> {
    return this.target.listOwn(this.store);
  }

  /** The engine's own word for the state of a job; nothing when it has no such container. */
  async stateOf(jid: string): Promise<string | undefined> {
    const { status, data } = await this.engine.http.get<{ State: { Status: string } }>(
      `/containers/${jid}/json`,
    );
    return status === 200 ? data.State.Status : undefined;
  }

  async down(): Promise<void> {
    await Promise.all(this.proxies.map((proxy) => proxy.close()));
    await Promise.all(this.harnesses.map((harness) => harness.stop()));
    await removeStore(this.store);
    await this.engine.down();
  }
}
