import { describe, expect, it } from 'vitest';
import type { ObjectMeta } from '../../../clients/kubernetes/kubernetes-objects.js';
import { ObjectStore } from './object-store.js';

interface Thing {
  readonly metadata: ObjectMeta;
}

const thing = (uid: string, version: number): Thing => ({
  metadata: { name: `name-of-${uid}`, uid, resourceVersion: String(version) },
});
const listOf = (...things: Thing[]): Map<string, Thing> =>
  new Map(things.map((each) => [each.metadata.uid, each]));
const versionOf = (store: ObjectStore<Thing>, uid: string): string | undefined =>
  store.get(uid)?.metadata.resourceVersion;

describe('what is kept of an object', () => {
  it('is the newest, in whichever order it becomes known', () => {
    const store = new ObjectStore<Thing>();
    expect(store.put(thing('a', 9))).toBe(true);
    expect(store.put(thing('a', 8))).toBe(false);
    expect(store.put(thing('a', 9))).toBe(false);
    // Not as text.
    expect(store.put(thing('a', 10))).toBe(true);
    expect(versionOf(store, 'a')).toBe('10');
  });

  it('never comes back once it has gone', () => {
    const store = new ObjectStore<Thing>();
    store.put(thing('a', 5));
    store.bury('a');
    expect(store.put(thing('a', 6))).toBe(false);
    store.replace(listOf(thing('a', 5), thing('b', 6)), '7');
    expect(store.get('a')).toBeUndefined();
    expect(store.size).toBe(1);
  });

  it('is not what was already gone when all were listed', () => {
    const store = new ObjectStore<Thing>();
    store.replace(listOf(), '20');
    expect(store.put(thing('a', 19))).toBe(false);
    expect(store.put(thing('b', 21))).toBe(true);
  });

  it('is what is newer than a list', () => {
    const store = new ObjectStore<Thing>();
    for (const each of [thing('old', 5), thing('changed', 25), thing('new', 30)]) store.put(each);
    const { put, gone } = store.replace(listOf(thing('changed', 18), thing('other', 19)), '20');
    expect(put.map(({ metadata }) => metadata.uid)).toEqual(['other']);
    expect(gone.map(({ metadata }) => metadata.uid)).toEqual(['old']);
    expect(versionOf(store, 'changed')).toBe('25');
    expect(versionOf(store, 'new')).toBe('30');
  });

  it('is what a list shows of the same version: events may have been read wrong', () => {
    const store = new ObjectStore<Thing>();
    store.put(thing('a', 5));
    const listed = thing('a', 5);
    store.replace(listOf(listed), '20');
    expect(store.get('a')).toBe(listed);
  });

  it('is forgotten as gone after some time', () => {
    let time = 0;
    const store = new ObjectStore<Thing>(() => time);
    store.bury('a');
    time += 300_001;
    store.bury('b');
    expect(store.put(thing('a', 1))).toBe(true);
    expect(store.put(thing('b', 1))).toBe(false);
  });
});

describe('the version from which a watch goes on', () => {
  it('is that of the last event, bookmark or list, and never an older one', () => {
    const store = new ObjectStore<Thing>();
    store.replace(listOf(), '20');
    store.reach('9');
    expect(store.version).toBe('20');
    store.reach('100');
    expect(store.version).toBe('100');
    expect(store.hasReached('99')).toBe(true);
    expect(store.hasReached('101')).toBe(false);
  });

  it('is none of an answer to a call: what happened before it may not have been seen', () => {
    const store = new ObjectStore<Thing>();
    store.replace(listOf(), '20');
    store.put(thing('a', 50));
    expect(store.version).toBe('20');
  });
});
