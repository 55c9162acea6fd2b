import { setTimeout as sleep } from 'node:timers/promises';
import type { KubernetesApi } from '../../../clients/kubernetes/kubernetes-api.js';
import { KubernetesError } from '../../../clients/kubernetes/kubernetes-error.js';
import type {
  PodObject,
  Resource,
  WatchEvent,
} from '../../../clients/kubernetes/kubernetes-objects.js';
import { EXPIRED } from '../../../clients/kubernetes/watch-events.js';
import { parseJobName } from '../../domain/job-name.js';
import { OWN_LABELS } from '../../domain/own-labels.js';
import type { JobHint } from '../../domain/scheduler.port.js';
import { OWN_SELECTOR } from './kubernetes-request.js';

/** A history that is lost again and again makes no more lists than this, in milliseconds. */
const RELIST_PAUSE_MS = 1_000;
/** A watch that ends as soon as it begins is not begun again at once, in milliseconds. */
const REOPEN_PAUSE_MS = 100;

type OnPod = (pod: PodObject) => void;

/**
 * Events of our Jobs and their pods as hints, until `signal` or a fault of either stream.
 * @param onPod gets each pod as the event shows it
 */
export async function* watchJobs(
  api: KubernetesApi,
  onPod: OnPod,
  signal: AbortSignal,
): AsyncGenerator<JobHint> {
  const ended = new AbortController();
  const either = AbortSignal.any([signal, ended.signal]);
  const streams = [
    watchResource(api, 'jobs', () => undefined, either),
    watchResource(api, 'pods', onPod, either),
  ];
  try {
    yield* merge(streams);
  } finally {
    ended.abort();
  }
}

/** Begins anew where the server ends a watch; a list helps where its history is gone. */
async function* watchResource(
  api: KubernetesApi,
  resource: Resource,
  onObject: OnPod,
  signal: AbortSignal,
): AsyncGenerator<JobHint> {
  let version: string | undefined;
  while (!signal.aborted) {
    if (version === undefined) {
      version = await api.latestVersion(resource, OWN_SELECTOR, signal);
      yield { kind: 'relist' };
    }
    try {
      for await (const event of api.watch(resource, OWN_SELECTOR, version, signal)) {
        version = event.object.metadata.resourceVersion;
        if (event.type === 'BOOKMARK') continue;
        onObject(event.object);
        yield toHint(event);
      }
      await sleep(REOPEN_PAUSE_MS, undefined, { signal });
    } catch (error) {
      if (!(error instanceof KubernetesError) || error.status !== EXPIRED) throw error;
      version = undefined;
      await sleep(RELIST_PAUSE_MS, undefined, { signal });
    }
  }
}

/** An event that names no job is still a sign that something has changed. */
function toHint({ object }: WatchEvent): JobHint {
  const name = parseJobName(object.metadata.annotations?.[OWN_LABELS.jid] ?? '');
  return name === undefined ? { kind: 'relist' } : { kind: 'changed', name };
}

/** Whatever comes first from any of the streams, until one of them fails or all have ended. */
async function* merge<T>(streams: readonly AsyncGenerator<T>[]): AsyncGenerator<T> {
  const take = (stream: AsyncGenerator<T>) => stream.next().then((result) => ({ stream, result }));
  const next = new Map(streams.map((stream) => [stream, take(stream)]));
  try {
    while (next.size > 0) {
      const { stream, result } = await Promise.race(next.values());
      if (result.done === true) next.delete(stream);
      else {
        next.set(stream, take(stream));
        yield result.value;
      }
    }
  } finally {
    // Whoever waits for these is gone.
    for (const pending of next.values()) pending.catch(() => undefined);
  }
}
