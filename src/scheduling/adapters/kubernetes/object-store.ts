import type { ObjectMeta } from '../../../clients/kubernetes/kubernetes-objects.js';

/** How long an object that is gone is remembered: nothing that tells of it is later, in milliseconds. */
const GRAVE_MS = 300_000;

interface Kept {
  readonly metadata: ObjectMeta;
}

/** What a list has changed. */
export interface Difference<T> {
  readonly put: readonly T[];
  readonly gone: readonly T[];
}

/**
 * The newest that is known of each object of one kind, by its uid, whichever way it became known: by a
 * list, by events, by answers to calls. An object never becomes older, and never comes back once it has
 * gone. Versions are compared as numbers, as those of one cluster can be.
 * Source: https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-versions
 */
export class ObjectStore<T extends Kept> {
  private readonly objects = new Map<string, T>();
  /** Uids of what has gone, with the time of that, the oldest first. */
  private readonly graves = new Map<string, number>();
  /** Of the newest list: what it does not have was gone by then. */
  private listed = '';
  private reached = '';

  constructor(private readonly now: () => number = () => performance.now()) {}

  /** Everything up to this version is known: from here a watch goes on. */
  get version(): string {
    return this.reached;
  }

  get size(): number {
    return this.objects.size;
  }

  get(uid: string): T | undefined {
    return this.objects.get(uid);
  }

  /** Whether everything up to a version is known. */
  hasReached(version: string): boolean {
    return isAtMost(version, this.reached);
  }

  /** Events and bookmarks come in the order of their versions. */
  reach(version: string): void {
    if (!isAtMost(version, this.reached)) this.reached = version;
  }

  /** @returns whether it is news */
  put(object: T): boolean {
    const { uid, resourceVersion } = object.metadata;
    const known = this.objects.get(uid)?.metadata.resourceVersion ?? this.listed;
    if (this.graves.has(uid) || isAtMost(resourceVersion, known)) return false;
    this.objects.set(uid, object);
    return true;
  }

  /** Keeps less of an object that is there. */
  shrink(object: T): void {
    if (this.objects.has(object.metadata.uid)) this.objects.set(object.metadata.uid, object);
  }

  /** Forgets an object that may be there still. */
  drop(uid: string): void {
    this.objects.delete(uid);
  }

  /** The object has gone for ever. */
  bury(uid: string): void {
    this.objects.delete(uid);
    const time = this.now();
    this.graves.set(uid, time);
    for (const [old, since] of this.graves) {
      if (since > time - GRAVE_MS) return;
      this.graves.delete(old);
    }
  }

  /** Takes a list of all objects, which mends whatever was wrong; what is newer than the list stays. */
  replace(listed: ReadonlyMap<string, T>, version: string): Difference<T> {
    const gone = [...this.objects.values()].filter(
      ({ metadata: { uid, resourceVersion } }) =>
        !listed.has(uid) && isAtMost(resourceVersion, version),
    );
    for (const { metadata } of gone) this.objects.delete(metadata.uid);
    const put = [...listed.values()].filter((object) => this.putListed(object));
    this.listed = version;
    this.reach(version);
    return { put, gone };
  }

  private putListed(object: T): boolean {
    const { uid, resourceVersion } = object.metadata;
    const known = this.objects.get(uid)?.metadata.resourceVersion;
    const isOld = known !== undefined && !isAtMost(known, resourceVersion);
    if (isOld || this.graves.has(uid)) return false;
    this.objects.set(uid, object);
    return true;
  }
}

function isAtMost(version: string, other: string): boolean {
  return Number(version) <= Number(other);
}
