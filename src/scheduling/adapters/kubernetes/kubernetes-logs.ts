import type { KubernetesApi } from '../../../clients/kubernetes/kubernetes-api.js';
import {
  KubernetesError,
  NODE_SILENT,
  toKubernetesError,
} from '../../../clients/kubernetes/kubernetes-error.js';
import type { PodObject } from '../../../clients/kubernetes/kubernetes-objects.js';
import { ByteTail } from '../../../shared/byte-tail.js';
import type { JobLog, LogWindow } from '../../domain/scheduler.port.js';
import { joinWorkerLogs } from '../../domain/worker-logs.js';
import { CONTAINER } from './job-container.js';
import { isNodeSilent, SILENT_NODE } from './silent-node.js';
import { podsByWorker } from './worker-pods.js';

/** A node that gave no log is not asked for any other for this long, in milliseconds. */
const SILENCE_MS = 10_000;
const UNREADABLE = `[pman] the log cannot be read now: ${SILENT_NODE}\n`;

/** Reads logs from the nodes, of which any may be away while the cluster is there. */
export class WorkerLogs {
  private readonly silentUntil = new Map<string, number>();

  constructor(private readonly api: KubernetesApi) {}

  /** The end of the log of each worker, in their order; empty where a pod has none, or is gone. */
  async read(
    workers: number,
    pods: readonly PodObject[],
    window: LogWindow,
    signal: AbortSignal,
  ): Promise<JobLog> {
    const share = { ...window, bytes: Math.floor(window.bytes / workers) };
    const byWorker = podsByWorker(pods);
    const numbers = Array.from({ length: workers }, (_, worker) => worker);
    const texts = await Promise.all(
      numbers.map((worker) => this.readPod(byWorker.get(worker), share, signal)),
    );
    return { text: joinWorkerLogs(texts), ...(texts.includes(UNREADABLE) && { isPartial: true }) };
  }

  private async readPod(
    pod: PodObject | undefined,
    window: LogWindow,
    signal: AbortSignal,
  ): Promise<string> {
    if (pod === undefined) return '';
    const node = pod.spec?.nodeName ?? '';
    const isSilent = performance.now() < (this.silentUntil.get(node) ?? 0);
    if (isSilent || isNodeSilent(pod)) return UNREADABLE;
    try {
      const text = await readLog(this.api, pod.metadata.name, window, signal);
      this.silentUntil.delete(node);
      return text;
    } catch (error) {
      if (!(error instanceof KubernetesError) || error.reason !== NODE_SILENT) throw error;
      this.silentUntil.set(node, performance.now() + SILENCE_MS);
      return UNREADABLE;
    }
  }
}

async function readLog(
  api: KubernetesApi,
  pod: string,
  window: LogWindow,
  signal: AbortSignal,
): Promise<string> {
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
