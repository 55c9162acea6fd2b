import type { KubeConfig } from '@kubernetes/client-node';
import type { RequestOptions } from 'node:https';
import { codeOf, unusable } from './kubeconfig.js';

/** A program that gives credentials and does not end is started anew after this, in milliseconds. */
const PATIENCE_MS = 30_000;

/**
 * What a kubeconfig or service account has to show, as of now: tokens rotate. It may have to be asked of
 * a program or of another server, which is done once for all who wait for it.
 */
export class ClusterCredentials {
  private underway: Promise<RequestOptions> | undefined;

  constructor(
    private readonly kubeConfig: KubeConfig,
    private readonly patienceMs = PATIENCE_MS,
  ) {}

  /** @throws KubernetesError when there are none, or none before `signal`. */
  read(signal: AbortSignal): Promise<RequestOptions> {
    this.underway ??= this.ask().finally(() => {
      this.underway = undefined;
    });
    return before(signal, this.underway);
  }

  private ask(): Promise<RequestOptions> {
    const options: RequestOptions = { headers: {} };
    const asked = this.kubeConfig.applyToHTTPSOptions(options).then(
      () => options,
      (error: unknown) => {
        throw unusable(`its credentials cannot be used${codeOf(error)}`);
      },
    );
    return before(AbortSignal.timeout(this.patienceMs), asked);
  }
}

async function before<T>(signal: AbortSignal, promise: Promise<T>): Promise<T> {
  let giveUp = (): void => undefined;
  const late = new Promise<never>((_, reject) => {
    giveUp = () => reject(unusable('its credentials do not come in time'));
  });
  if (signal.aborted) giveUp();
  signal.addEventListener('abort', giveUp);
  try {
    return await Promise.race([promise, late]);
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
}
