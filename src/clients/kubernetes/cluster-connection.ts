import type { Cluster, KubeConfig } from '@kubernetes/client-node';
import type { RequestOptions } from 'node:https';
import { Pool, ProxyAgent, type Dispatcher } from 'undici';
import { ClusterCredentials } from './cluster-credentials.js';
import { loadKubeconfig, unusable, type ClusterAddress } from './kubeconfig.js';

/** Two watches, a few logs, and the calls of many requests at once. */
const CONNECTIONS = 32;
const CONNECT_TIMEOUT_MS = 2_000;
const DEFAULT_NAMESPACE = 'default';
const PROXY_SCHEMES = new Set(['http:', 'https:']);

/** The connections to an API server, and what to show there. */
export interface ClusterAccess {
  readonly connections: Dispatcher;
  readonly headers: Readonly<Record<string, string>>;
}

/** One pool of connections to an API server with the credentials of a kubeconfig or service account. */
export class ClusterConnection {
  private readonly credentials: ClusterCredentials;
  private connections: Dispatcher | undefined;

  private constructor(
    readonly origin: string,
    /** In front of every path, for API servers behind a proxy; no slash at its end. */
    readonly pathPrefix: string,
    readonly namespace: string,
    private readonly proxy: string | undefined,
    kubeConfig: KubeConfig,
  ) {
    this.credentials = new ClusterCredentials(kubeConfig);
  }

  /** Nothing is sent yet. @throws KubernetesError when there is no usable configuration. */
  static load(address: ClusterAddress): ClusterConnection {
    const kubeConfig = loadKubeconfig(address);
    const cluster = kubeConfig.getCurrentCluster();
    const url = URL.parse(cluster?.server ?? '');
    if (cluster === null || url === null) throw unusable('it names no cluster');
    if (url.protocol === 'http:' && !cluster.skipTLSVerify) {
      throw unusable('its server must be https');
    }
    const context = kubeConfig.getContextObject(kubeConfig.getCurrentContext());
    const namespace = address.namespace ?? context?.namespace?.trim() ?? DEFAULT_NAMESPACE;
    const prefix = url.pathname.replace(/\/$/, '');
    return new ClusterConnection(url.origin, prefix, namespace, proxyOf(cluster), kubeConfig);
  }

  /** With the credentials of now. @throws KubernetesError when there are none before `signal` */
  async access(signal: AbortSignal): Promise<ClusterAccess> {
    const options = await this.credentials.read(signal);
    this.connections ??= connect(this.origin, this.proxy, options);
    return { connections: this.connections, headers: headersOf(options) };
  }

  /** Lets open answers end by themselves. */
  close(): void {
    this.connections?.close().catch(() => undefined);
  }
}

function proxyOf({ proxyUrl }: Cluster): string | undefined {
  if (proxyUrl === undefined || proxyUrl === '') return undefined;
  if (PROXY_SCHEMES.has(URL.parse(proxyUrl)?.protocol ?? '')) return proxyUrl;
  throw unusable('its proxy-url must be http or https');
}

function connect(origin: string, proxy: string | undefined, options: RequestOptions): Dispatcher {
  const { ca, cert, key, passphrase, rejectUnauthorized, servername } = options;
  const tls = { ca, cert, key, passphrase, rejectUnauthorized, servername };
  const given = Object.entries(tls).filter(([, value]) => value !== undefined);
  // A call that is given up takes its connection along, which may have died without a sign; the streams
  // of HTTP/2 would all be on that one.
  const limits = { connections: CONNECTIONS, bodyTimeout: 0, allowH2: false };
  const base = { timeout: CONNECT_TIMEOUT_MS, keepAlive: true };
  const server = { ...base, ...Object.fromEntries(given) };
  if (proxy === undefined) return new Pool(origin, { ...limits, connect: server });
  return new ProxyAgent({ ...limits, uri: proxy, requestTls: server, proxyTls: base });
}

/** Files of tokens end in a newline as often as not. */
function headersOf({ headers, auth }: RequestOptions): Record<string, string> {
  const given = Object.entries((headers ?? {}) as Record<string, string>);
  return {
    ...Object.fromEntries(given.map(([name, value]) => [name, value.trim()])),
    ...(typeof auth === 'string' && {
      Authorization: `Basic ${Buffer.from(auth).toString('base64')}`,
    }),
  };
}
