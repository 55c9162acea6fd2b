import axios, { type AxiosInstance } from 'axios';
import { Agent } from 'node:http';
import { startServiceProcess, type ServiceProcess } from '../../contract/service-process.js';
import { startFaultProxy, type FaultProxy } from '../../faults/fault-proxy.js';
import type { Engine } from './engine.js';
import { Random } from './random.js';

/** As long as clients of the API wait. */
const CLIENT_PATIENCE_MS = 100_000;
/** Of the events of a stream that is harmed. */
const HARMED_SHARE = 0.7;

const STARTS_TRIED = 3;

export interface ReplicaSettings {
  readonly number: number;
  readonly engine: Engine;
  readonly store: string;
  readonly socketPath: string;
  readonly seed: number;
}

/** One service as a process, with a proxy of its own between it and the engine. */
export class Replica {
  /** What happens to events on their way. */
  events: 'pass' | 'drop' | 'repeat' = 'pass';
  private http: AxiosInstance;
  private restarting: Promise<void> | undefined;

  private constructor(
    readonly number: number,
    readonly proxy: FaultProxy,
    private service: ServiceProcess,
  ) {
    this.http = clientOf(service);
  }

  static async start(settings: ReplicaSettings): Promise<Replica> {
    const { engine, socketPath, store, number, seed } = settings;
    const proxy = await startFaultProxy({ socketPath }, { socketPath: engine.socketPath });
    const service = await startServiceProcess({
      CONTAINER_ENV: engine.kind,
      DOCKER_HOST: `unix://${socketPath}`,
      STORAGE_TYPE: 'host',
      STOREBASE: store,
    });
    const replica = new Replica(number, proxy, service);
    replica.harmEvents(new Random(seed));
    return replica;
  }

  get client(): AxiosInstance {
    return this.http;
  }

  get log(): readonly string[] {
    return this.service.output;
  }

  signal(name: NodeJS.Signals): void {
    this.service.signal(name);
  }

  /** Kills it at once and starts it again; its port is another one then. */
  async crashAndRestart(): Promise<void> {
    const before = this.restarting ?? Promise.resolve();
    this.restarting = before.then(() => this.restart());
    await this.restarting;
  }

  private async restart(): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        this.service = await this.service.crashAndRestart();
        this.http = clientOf(this.service);
        return;
      } catch (error) {
        // A machine that has much else to do may not start it in time.
        if (attempt === STARTS_TRIED) throw error;
      }
    }
  }

  async stop(): Promise<void> {
    await this.restarting;
    this.signal('SIGCONT');
    await this.service.stop();
    await this.proxy.close();
  }

  /** For every event stream from now on: what is open already cannot be changed later. */
  private harmEvents(random: Random): void {
    const change = (line: string): readonly string[] => {
      if (this.events === 'pass' || !random.chance(HARMED_SHARE)) return [line];
      return this.events === 'drop' ? [] : [line, line];
    };
    this.proxy.add({ path: /\/events/, fault: { kind: 'lines', change } });
  }
}

/** A connection a call, as the clients of the API do it. */
function clientOf({ baseUrl }: ServiceProcess): AxiosInstance {
  return axios.create({
    baseURL: baseUrl,
    validateStatus: () => true,
    timeout: CLIENT_PATIENCE_MS,
    httpAgent: new Agent({ keepAlive: false }),
  });
}
