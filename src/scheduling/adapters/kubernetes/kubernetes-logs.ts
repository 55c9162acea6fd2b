import type { KubernetesApi } from '../../../clients/kubernetes/kubernetes-api.js';
import {
  isLate,
  KubernetesError,
  NODE_SILENT,
  toKubernetesError,
} from '../../../clients/kubernetes/kubernetes-error.js';
import type { PodObject } from '../../../clients/kubernetes/kubernetes-objects.js';
import { ByteTail } from '../../../shared/byte-tail.js';
import type { JobLog, LogWindow } from '../../domain/scheduler.port.js';
import { joinWorkerLogs, logShare } from '../../domain/worker-logs.js';
import { CONTAINER } from './job-container.js';
import { isNodeSilent, SILENT_NODE } from './silent-node.js';
import { podsByWorker } from './worker-pods.js';

/** A node that gave no log is not asked for any other for this long, in milliseconds. */
const SILENCE_MS = 10_000;
/** As long where it was only late, be it for the API server. */
const LATE_MS = 4_000;
/** When no log of a node has come in time for so long, the node counts as silent, in milliseconds. */
const PATIENCE_MS = 30_000;
const SILENT = `[pman] the log cannot be read now: ${SILENT_NODE}\n`;
const LATE = '[pman] the log cannot be read now: the cluster did not answer in time\n';
const HAS_ENDED: ReadonlySet<string> = new Set(['Succeeded', 'Failed']);

/** That a node has given no log. */
interface Silence {
  readonly since: number;
  readonly until: number;
  readonly isCertain: boolean;
}

/** Reads logs from the nodes, of which any may be away while the cluster is there. */
export class WorkerLogs {
  private readonly silences = new Map<string, Silence>();

  constructor(private readonly api: KubernetesApi) {}

  /**
   * The end of the log of each worker, in their order; empty where a pod has none.
   * @param absent what stands in the place of the log of a worker that has no pod
   */
  async read(
    workers: number,
    pods: readonly PodObject[],
    window: LogWindow,
    signal: AbortSignal,
    absent = '',
  ): Promise<JobLog> {
    const share = logShare(window, workers);
    const byWorker = podsByWorker(pods);
    const texts = await Promise.all(
      Array.from({ length: workers }, async (_, worker) => {
        const pod = byWorker.get(worker);
        return pod === undefined ? absent : this.readPod(pod, share, signal);
      }),
    );
    const isPartial = texts.includes(SILENT) || texts.includes(LATE);
    return { text: joinWorkerLogs(texts), ...(isPartial && { isPartial: true as const }) };
  }

  private async readPod(pod: PodObject, window: LogWindow, signal: AbortSignal): Promise<string> {
    const { node, hasEnded } = placeOf(pod);
    const note = isNodeSilent(pod) ? SILENT : this.noteOf(node, hasEnded);
    if (note !== undefined) return note;
    try {
      const text = await readLog(this.api, pod.metadata.name, window, signal);
      this.silences.delete(node);
      return text;
    } catch (error) {
      const isSilent = error instanceof KubernetesError && error.reason === NODE_SILENT;
      if (!isSilent && (!isLate(error) || signal.aborted)) throw error;
      this.keepSilence(node, isSilent);
      const said = this.noteOf(node, hasEnded);
      if (said === undefined) throw error;
      return said;
    }
  }

  /** What stands in the place of a log that is not asked for now. */
  private noteOf(node: string, hasEnded: boolean): string | undefined {
    const silence = this.silences.get(node);
    if (silence === undefined || performance.now() >= silence.until) return undefined;
    if (silence.isCertain) return SILENT;
    // The first log of a job that has ended is the last that many clients ask for.
    return hasEnded ? undefined : LATE;
  }

  private keepSilence(node: string, isSilent: boolean): void {
    const now = performance.now();
    const known = this.silences.get(node);
    const goesOn = known !== undefined && now - known.until < PATIENCE_MS;
    const since = goesOn ? known.since : now;
    const isCertain = isSilent || now - since >= PATIENCE_MS;
    const until = now + (isCertain ? SILENCE_MS : LATE_MS);
    this.silences.set(node, { since, until, isCertain });
  }
}

function placeOf({ spec, status }: PodObject): { node: string; hasEnded: boolean } {
  return { node: spec?.nodeName ?? '', hasEnded: HAS_ENDED.has(status?.phase ?? '') };
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
