import type { KubernetesApi } from '../../../clients/kubernetes/kubernetes-api.js';
import { toKubernetesError } from '../../../clients/kubernetes/kubernetes-error.js';
import type { PodObject } from '../../../clients/kubernetes/kubernetes-objects.js';
import { ByteTail } from '../../../shared/byte-tail.js';
import type { LogWindow } from '../../domain/scheduler.port.js';
import { CONTAINER } from './pod-spec.js';
import { podsByWorker } from './worker-pods.js';

/** The end of the log of each worker, in their order; empty where a pod has none, or is gone. */
export async function readWorkerLogs(
  api: KubernetesApi,
  workers: number,
  pods: readonly PodObject[],
  window: LogWindow,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const share = { ...window, bytes: Math.floor(window.bytes / workers) };
  const byWorker = podsByWorker(pods);
  const numbers = Array.from({ length: workers }, (_, worker) => worker);
  return Promise.all(
    numbers.map((worker) => readLog(api, byWorker.get(worker)?.metadata.name, share, signal)),
  );
}

async function readLog(
  api: KubernetesApi,
  pod: string | undefined,
  window: LogWindow,
  signal: AbortSignal,
): Promise<string> {
  if (pod === undefined) return '';
  const stream = await api.openLog(pod, CONTAINER, window, signal);
  if (stream === undefined) return '';
  const tail = new ByteTail(window);
  try {
    for await (const chunk of stream) tail.push(chunk);
  } catch (error) {
    throw toKubernetesError(error);
  }
  return tail.text();
}
