import { KubeConfig, loadYaml, type User } from '@kubernetes/client-node';
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { KubernetesError } from './kubernetes-error.js';

/** Where the cluster is. */
export interface ClusterAddress {
  /** Path of a kubeconfig; absent: the service account of the pod that this service runs in. */
  readonly kubeconfig: string | undefined;
  /** Absent: that of the pod, or of the kubeconfig's context. */
  readonly namespace: string | undefined;
}

interface RawKubeconfig {
  readonly users?: readonly {
    readonly name?: string;
    readonly user?: { readonly token?: string; readonly tokenFile?: string };
  }[];
}

/** @throws KubernetesError when it cannot be read. */
export function loadKubeconfig({ kubeconfig }: ClusterAddress): KubeConfig {
  const kubeConfig = new KubeConfig();
  try {
    if (kubeconfig === undefined) kubeConfig.loadFromCluster();
    else loadFile(kubeConfig, kubeconfig);
  } catch (error) {
    throw unusable(`it cannot be read${codeOf(error)}`);
  }
  return kubeConfig;
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

/** Without the cause: its words quote lines of the configuration, and what a program has printed. */
export function unusable(why: string): KubernetesError {
  const words = `the configuration of the cluster is of no use: ${why}`;
  return new KubernetesError(undefined, words, false);
}

/** Such as ` (ENOENT)`: all that is told of an error that may quote a secret. */
export function codeOf(error: unknown): string {
  const { code } = (error ?? {}) as { code?: unknown };
  return typeof code === 'string' ? ` (${code})` : '';
}
