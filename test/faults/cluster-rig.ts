import { createStore, Harness, removeStore } from '../contract/harness.js';
import { startServiceProcess } from '../contract/service-process.js';
import type { ContractTarget } from '../contract/target.js';
import { startFaultProxy, type FaultProxy } from './fault-proxy.js';
import { FaultyCluster } from './faulty-cluster.js';

const OWN = 'org.chrisproject.pman.managed-by=pman';

/** A real cluster, a proxy in front of its API server, and services that know it through the proxy. */
export class ClusterRig {
  private readonly harnesses: Harness[] = [];

  private constructor(
    readonly cluster: FaultyCluster,
    readonly proxy: FaultProxy,
    readonly store: string,
    /** With the proxy as the API server. */
    private readonly kubeconfig: string,
  ) {}

  /**
   * @param name of the cluster's folder: short, and no other spec's
   * @param variables of the script that brings it up
   */
  static async up(name: string, variables: Readonly<Record<string, string>> = {}) {
    const cluster = await FaultyCluster.up(name, variables);
    const proxy = await startFaultProxy({ port: 0 }, cluster.server);
    const kubeconfig = await cluster.writeKubeconfig('proxy.kubeconfig', {
      server: `http://127.0.0.1:${proxy.port}`,
      // Without it the client takes no plain HTTP.
      'insecure-skip-tls-verify': true,
    });
    return new ClusterRig(cluster, proxy, await createStore(), kubeconfig);
  }

  /** Starts a service at the rig's one store. */
  async serve(variables: Readonly<Record<string, string>> = {}): Promise<Harness> {
    const service = await startServiceProcess({
      CONTAINER_ENV: 'kubernetes',
      STORAGE_TYPE: 'host',
      STOREBASE: this.store,
      KUBECONFIG: this.kubeconfig,
      ...variables,
    });
    const harness = new Harness(this.target, service, this.store);
    this.harnesses.push(harness);
    return harness;
  }

  /** The cluster's own object, or nothing. */
  async jobObject(jid: string): Promise<JobSeen | undefined> {
    const text = await this.cluster.kubectl('get', 'job', jid, '-o', 'json', '--ignore-not-found');
    return text === '' ? undefined : (JSON.parse(text) as JobSeen);
  }

  /** Names of the pods of a job. */
  async pods(jid: string): Promise<readonly string[]> {
    const selector = `batch.kubernetes.io/job-name=${jid}`;
    return namesIn(await this.cluster.kubectl('get', 'pods', '-l', selector, '-o', 'name'));
  }

  async down(): Promise<void> {
    await this.proxy.close();
    await Promise.all(this.harnesses.map((harness) => harness.stop()));
    await removeStore(this.store);
    await this.cluster.down();
  }

  /** What a harness asks of its target beside what it asks of the service. */
  private get target(): ContractTarget {
    const { cluster } = this;
    const nothing = (): never => {
      throw new Error('the fault suite does not ask for this');
    };
    return {
      name: 'kubernetes',
      features: [],
      start: () => Promise.resolve(),
      stop: () => Promise.resolve(),
      environment: () => ({}),
      labels: nothing,
      placeForeignObject: nothing,
      idOf: nothing,
      logBytes: nothing,
      listOwn: async () => namesIn(await cluster.kubectl('get', 'jobs', '-l', OWN, '-o', 'name')),
    };
  }
}

/** As much of a Job as the suite looks at. */
export interface JobSeen {
  readonly metadata: { readonly uid: string; readonly name: string };
}

function namesIn(output: string): readonly string[] {
  return output
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.slice(line.indexOf('/') + 1));
}
