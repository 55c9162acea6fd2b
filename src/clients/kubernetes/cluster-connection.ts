import { KubeConfig, loadYaml, type User } from '@kubernetes/client-node';
import { readFileSync } from 'node:fs';
import type { RequestOptions } from 'node:https';
import { dirname, resolve } from 'node:path';
import { Pool } from 'undici';
import { KubernetesError } from './kubernetes-error.js';

/** Where the cluster is. */
export interface ClusterAddress {
  /** Path of a kubeconfig; absent: the service account of the pod that this service runs in. */
  readonly kubeconfig: string | undefined;
  /** Absent: that of the pod, or of the kubeconfig's context. */
  readonly namespace: string | undefined;
}

/** Two watches, a few logs, and the calls of many requests at once. */
const CONNECTIONS = 32;
const CONNECT_TIMEOUT_MS = 2_000;
const DEFAULT_NAMESPACE = 'default';

/** One pool of connections to an API server with the credentials of a kubeconfig or service account. */
export class ClusterConnection {
  private constructor(
    readonly pool: Pool,
    /** In front of every path, for API servers behind a proxy; no slash at its end. */
    readonly pathPrefix: string,
    readonly namespace: string,
    private readonly kubeConfig: KubeConfig,
  ) {}

  /** @throws KubernetesError when there is no usable configuration. */
  static async open(address: ClusterAddress): Promise<ClusterConnection> {
    const kubeConfig = load(address);
    const server = kubeConfig.getCurrentCluster()?.server;
    const url = server === undefined ? null : URL.parse(server);
    if (url === null) throw unusable('it names no cluster');
    const { ca, cert, key, passphrase, rejectUnauthorized, servername } =
      await credentials(kubeConfig);
    const tls = { ca, cert, key, passphrase, rejectUnauthorized, servername };
    const given = Object.entries(tls).filter(([, value]) => value !== undefined);
    const pool = new Pool(url.origin, {
      connections: CONNECTIONS,
      bodyTimeout: 0,
      connect: { timeout: CONNECT_TIMEOUT_MS, keepAlive: true, ...Object.fromEntries(given) },
    });
    const namespace =
      address.namespace ??
      kubeConfig.getContextObject(kubeConfig.getCurrentContext())?.namespace ??
      DEFAULT_NAMESPACE;
    return new ClusterConnection(pool, url.pathname.replace(/\/$/, ''), namespace, kubeConfig);
  }

  /** The credentials of now: tokens rotate. */
  async headers(): Promise<Record<string, string>> {
    const { headers, auth } = await credentials(this.kubeConfig);
    return {
      ...(headers as Record<string, string> | undefined),
      ...(typeof auth === 'string' && {
        Authorization: `Basic ${Buffer.from(auth).toString('base64')}`,
      }),
    };
  }

  /** Lets open answers end by themselves. */
  close(): void {
    this.pool.close().catch(() => undefined);
  }
}

function load({ kubeconfig }: ClusterAddress): KubeConfig {
  const kubeConfig = new KubeConfig();
  try {
    if (kubeconfig === undefined) kubeConfig.loadFromCluster();
    else loadFile(kubeConfig, kubeconfig);
  } catch (error) {
    throw unusable('it cannot be read', error);
  }
  return kubeConfig;
}

interface RawKubeconfig {
  readonly users?: readonly {
    readonly name?: string;
    readonly user?: { readonly token?: string; readonly tokenFile?: string };
  }[];
}

/** The client knows a token's file only by a name that kubeconfigs do not use. */
function loadFile(kubeConfig: KubeConfig, file: string): void {
  kubeConfig.loadFromFile(file);
  const { users } = loadYaml<RawKubeconfig>(readFileSync(file, 'utf8'));
  kubeConfig.users = kubeConfig.users.map((user): User => {
    const { token, tokenFile } = users?.find(({ name }) => name === user.name)?.user ?? {};
    if (tokenFile === undefined || token !== undefined) return user;
    const config = { tokenFile: resolve(dirname(file), tokenFile) };
    return { ...user, authProvider: { name: 'tokenFile', config } };
  });
}

async function credentials(kubeConfig: KubeConfig): Promise<RequestOptions> {
  const options: RequestOptions = { headers: {} };
  try {
    await kubeConfig.applyToHTTPSOptions(options);
  } catch (error) {
    throw unusable('its credentials cannot be used', error);
  }
  return options;
}

function unusable(why: string, cause?: unknown): KubernetesError {
  return new KubernetesError(
    undefined,
    `the configuration of the cluster is of no use: ${why}`,
    false,
    cause,
  );
}
