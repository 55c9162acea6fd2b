import { setTimeout as sleep } from 'node:timers/promises';
import type { KubernetesApi } from '../../../clients/kubernetes/kubernetes-api.js';
import { KubernetesError } from '../../../clients/kubernetes/kubernetes-error.js';
import type {
  JobObject,
  PodObject,
  Resource,
  ResourceObjects,
  WatchEvent,
} from '../../../clients/kubernetes/kubernetes-objects.js';
import { unlessAborted } from '../../../shared/unless-aborted.js';
import { merge } from '../../../shared/merge.js';
import { parseJobName } from '../../domain/job-name.js';
import { OWN_LABELS } from '../../domain/own-labels.js';
import type { JobHint } from '../../domain/scheduler.port.js';
import { ClusterList } from './cluster-list.js';
import type { ClusterView } from './cluster-view.js';
import { OWN_SELECTOR } from './kubernetes-request.js';

export interface MirrorTimes {
  /** The server ends a watch after so many seconds, and sends a bookmark two seconds before. */
  readonly watchSeconds: number;
  /** A watch of which nothing was heard for so long is dead, in milliseconds. */
  readonly silence: number;
  /** How long the end of one watch may be from the begin of the next, in milliseconds. */
  readonly gap: number;
  /** No two lists begin within this time, in milliseconds. */
  readonly relist: number;
  /** All is listed anew after this long, whatever the watches say, in milliseconds. */
  readonly longest: number;
  /** Before watches that failed are opened again: at first, and at most, in milliseconds. */
  readonly firstPause: number;
  readonly lastPause: number;
}

const MIRROR_TIMES: MirrorTimes = {
  watchSeconds: 8,
  silence: 10_000,
  gap: 1_000,
  relist: 1_000,
  longest: 300_000,
  firstPause: 100,
  lastPause: 30_000,
};

/**
 * Keeps a view equal to the cluster: a list in pages, then watches from the version of that list. Short
 * ones, because a connection may die without a sign: a watch that lives sends a bookmark near its end,
 * and the next one is opened from there, with neither a list nor a gap between. As long as both watches
 * deliver, the view is as the cluster was a moment ago. One that dies without a sign is noticed within
 * `silence`, ten seconds: for so long the view may be behind. Whatever else happens to a watch ends both
 * at once, and they begin anew with a list.
 * Source: https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes
 */
export class ClusterMirror {
  private readonly heardAt = new Map<Resource, number>();
  /** When a watch of a resource ended that is to be opened anew; none: it is open. */
  private readonly endedAt = new Map<Resource, number>();
  private open = false;
  /** The list and the begin of the watches after it. */
  private beginning: Promise<unknown> | undefined;
  private failures = 0;
  private readonly lists: ClusterList;

  constructor(
    private readonly api: KubernetesApi,
    private readonly view: ClusterView,
    private readonly times: MirrorTimes = MIRROR_TIMES,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.lists = new ClusterList(api, view, times.relist, now);
  }

  /** Whether the view is as the cluster was a moment ago. */
  isCurrent(): boolean {
    const { silence, gap } = this.times;
    const isHeard = (resource: Resource): boolean =>
      this.now() - (this.heardAt.get(resource) ?? -Infinity) < silence &&
      this.now() - (this.endedAt.get(resource) ?? Infinity) < gap;
    return this.open && isHeard('jobs') && isHeard('pods');
  }

  /** Makes the view no older than this call. `signal` ends only the wait. */
  async refresh(signal: AbortSignal): Promise<void> {
    const underway = this.beginning ?? this.lists.underway;
    if (!this.isCurrent() && underway !== undefined) {
      // It may have begun before this call.
      await unlessAborted(underway, signal).catch(() => signal.throwIfAborted());
    }
    if (!this.isCurrent()) await unlessAborted(this.lists.read(), signal);
    else if (this.lists.age() > this.times.longest) this.lists.read().catch(() => undefined);
  }

  /** Watches until a fault or `signal`; a `relist` is the first hint of each watch. */
  async *follow(signal: AbortSignal): AsyncGenerator<JobHint> {
    const ended = new AbortController();
    const either = AbortSignal.any([signal, ended.signal]);
    try {
      await this.rest(signal);
      const beginning = this.begin(either).finally(() => {
        this.beginning = undefined;
      });
      this.beginning = beginning;
      const [jobs, pods] = await unlessAborted(beginning, signal);
      yield { kind: 'relist' };
      yield* merge([this.watch(jobs, either), this.watch(pods, either)]);
    } finally {
      ended.abort();
      this.open = false;
      this.endedAt.clear();
    }
  }

  private async begin(signal: AbortSignal): Promise<[Watched<'jobs'>, Watched<'pods'>]> {
    const { jobs, pods } = this.view;
    await this.lists.read();
    this.failures += 1;
    const streams = await Promise.all([
      this.openWatch(
        { resource: 'jobs', store: jobs, take: (event) => this.view.sawEvent(event) },
        signal,
      ),
      this.openWatch(
        { resource: 'pods', store: pods, take: (event) => pods.sawEvent(event) },
        signal,
      ),
    ]);
    for (const { resource } of streams) this.heardAt.set(resource, this.now());
    this.open = true;
    return streams;
  }

  /** The server ends each watch after a short time: the next one goes on where it ended. */
  private async *watch<R extends Resource>(
    first: Watched<R>,
    signal: AbortSignal,
  ): AsyncGenerator<JobHint> {
    const { resource } = first;
    for (let watched = first; ;) {
      this.endedAt.delete(resource);
      const began = this.now();
      let heard = 0;
      let next: Promise<Watched<R>> | undefined;
      for await (const event of watched.events) {
        heard += 1;
        this.hear(resource);
        if (event.type === 'BOOKMARK') {
          first.store.reach(event.object.metadata.resourceVersion);
          next ??= this.openSoon(first, signal);
        } else {
          first.take(event);
          yield toHint(event);
        }
      }
      this.endedAt.set(resource, this.now());
      if (heard === 0 && this.now() - began < this.times.gap) throw endedAtOnce();
      watched = await (next ?? this.openWatch(first, signal));
    }
  }

  /** Opens the next watch while this one is read to its end: what both show is taken once. */
  private openSoon<R extends Resource>(
    watchable: Watchable<R>,
    signal: AbortSignal,
  ): Promise<Watched<R>> {
    const opened = this.openWatch(watchable, signal);
    // This one may fail first.
    opened.catch(() => undefined);
    return opened;
  }

  private async openWatch<R extends Resource>(
    watchable: Watchable<R>,
    signal: AbortSignal,
  ): Promise<Watched<R>> {
    const { resource, store } = watchable;
    const { watchSeconds: seconds, silence } = this.times;
    const limits = { seconds, silence };
    const events = await this.api.openWatch(resource, OWN_SELECTOR, store.version, limits, signal);
    return { ...watchable, events };
  }

  private hear(resource: Resource): void {
    this.heardAt.set(resource, this.now());
    this.failures = 0;
  }

  /** Before watches are opened again that have failed; the longer the more often they have. */
  private async rest(signal: AbortSignal): Promise<void> {
    const { firstPause, lastPause } = this.times;
    if (this.failures === 0) return;
    const most = Math.min(lastPause, firstPause * 2 ** (this.failures - 1));
    await sleep(most * (0.5 + Math.random() / 2), undefined, { signal });
  }
}

/** What a watch of a resource is for. */
interface Watchable<R extends Resource> {
  readonly resource: R;
  readonly store: { readonly version: string; reach(version: string): void };
  readonly take: (event: WatchEvent<ResourceObjects[R]>) => void;
}

interface Watched<R extends Resource> extends Watchable<R> {
  readonly events: AsyncIterable<WatchEvent<ResourceObjects[R]>>;
}

/** An event that names no job is still a sign that something has changed. */
function toHint({ object }: WatchEvent<JobObject | PodObject>): JobHint {
  const name = parseJobName(object.metadata.annotations?.[OWN_LABELS.jid] ?? '');
  return name === undefined ? { kind: 'relist' } : { kind: 'changed', name };
}

function endedAtOnce(): KubernetesError {
  return new KubernetesError(undefined, 'a watch of the cluster ends as soon as it begins', true);
}
