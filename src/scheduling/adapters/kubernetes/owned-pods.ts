import type { PodObject, WatchEvent } from '../../../clients/kubernetes/kubernetes-objects.js';
import { ObjectStore } from './object-store.js';
import { prunePod } from './pruned-objects.js';

/** Pods as they were seen last, by the uid of the Job that they belong to. */
export class OwnedPods {
  private readonly pods = new ObjectStore<PodObject>();
  /** Uids of pods by the uid of their owner. */
  private readonly owned = new Map<string, Set<string>>();
  /** Owners of whose pods nothing is kept any more. */
  private readonly released = new Set<string>();
  private readonly waiting = new Map<string, Set<() => void>>();

  /** @param onChange gets the uid of the owner of pods that have changed */
  constructor(private readonly onChange: (owner: string) => void) {}

  get version(): string {
    return this.pods.version;
  }

  hasReached(version: string): boolean {
    return this.pods.hasReached(version);
  }

  of(owner: string): readonly PodObject[] {
    const uids = [...(this.owned.get(owner) ?? [])];
    return uids.flatMap((uid) => this.pods.get(uid) ?? []);
  }

  /** Takes a pod as an event or an answer shows it. */
  saw(pod: PodObject): void {
    const owner = ownerOf(pod);
    if (owner === undefined || this.released.has(owner)) return;
    if (this.pods.put(prunePod(pod))) this.index(owner, pod.metadata.uid);
  }

  sawEvent({ type, object }: WatchEvent<PodObject>): void {
    if (type === 'DELETED') {
      this.pods.bury(object.metadata.uid);
      this.unindex(object);
    } else this.saw(object);
    this.pods.reach(object.metadata.resourceVersion);
  }

  reach(version: string): void {
    this.pods.reach(version);
  }

  /** @param listed pruned */
  replace(listed: ReadonlyMap<string, PodObject>, version: string): void {
    const { put, gone } = this.pods.replace(listed, version);
    for (const pod of gone) this.unindex(pod);
    for (const pod of put) {
      const owner = ownerOf(pod);
      if (owner === undefined || this.released.has(owner)) this.pods.drop(pod.metadata.uid);
      else this.index(owner, pod.metadata.uid);
    }
  }

  /** Keeps nothing of a Job's pods any more. */
  release(owner: string): void {
    this.drop(owner);
    this.released.add(owner);
  }

  /** The owner has gone. */
  forget(owner: string): void {
    this.drop(owner);
    this.released.delete(owner);
  }

  /** @returns whether a pod of the owner was seen within `ms`, and before an abort */
  changesWithin(owner: string, ms: number, signal: AbortSignal): Promise<boolean> {
    const waiting = this.waiting.get(owner) ?? new Set();
    this.waiting.set(owner, waiting);
    return new Promise((resolve) => {
      const end = (hasChanged: boolean): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', onAbort);
        waiting.delete(onChange);
        if (waiting.size === 0) this.waiting.delete(owner);
        resolve(hasChanged);
      };
      const onChange = (): void => end(true);
      const onAbort = (): void => end(false);
      const timer = setTimeout(onAbort, ms);
      waiting.add(onChange);
      if (signal.aborted) onAbort();
      else signal.addEventListener('abort', onAbort, { once: true });
    });
  }

  private index(owner: string, uid: string): void {
    const uids = this.owned.get(owner);
    if (uids === undefined) this.owned.set(owner, new Set([uid]));
    else uids.add(uid);
    this.tell(owner);
  }

  private unindex(pod: PodObject): void {
    const owner = ownerOf(pod);
    const uids = owner === undefined ? undefined : this.owned.get(owner);
    if (owner === undefined || uids?.delete(pod.metadata.uid) !== true) return;
    if (uids.size === 0) this.owned.delete(owner);
    this.tell(owner);
  }

  private drop(owner: string): void {
    for (const uid of this.owned.get(owner) ?? []) this.pods.drop(uid);
    this.owned.delete(owner);
  }

  private tell(owner: string): void {
    this.onChange(owner);
    for (const onChange of this.waiting.get(owner) ?? []) onChange();
  }
}

function ownerOf({ metadata }: PodObject): string | undefined {
  return metadata.ownerReferences?.[0]?.uid;
}
