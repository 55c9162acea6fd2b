import { describe, expect, it } from 'vitest';
import { podObject } from './fixtures.js';
import { OwnedPods } from './owned-pods.js';

const OWNER = 'uid-of-the-job';
const never = new AbortController().signal;

describe('the pods of a Job', () => {
  it('are waited for until one is seen', async () => {
    const pods = new OwnedPods(() => undefined);
    const next = pods.changesWithin(OWNER, 5_000, never);
    const other = pods.changesWithin('another', 20, never);
    pods.saw(podObject({ phase: 'Pending' }));
    expect([await next, await other]).toEqual([true, false]);
    expect(pods.of(OWNER).map(({ status }) => status?.phase)).toEqual(['Pending']);
    expect(pods.of('another')).toEqual([]);
  });

  it('are waited for until the time is up, or an abort', async () => {
    const pods = new OwnedPods(() => undefined);
    expect(await pods.changesWithin(OWNER, 1, never)).toBe(false);
    expect(await pods.changesWithin(OWNER, 60_000, AbortSignal.abort())).toBe(false);
    expect(await pods.changesWithin(OWNER, 60_000, AbortSignal.timeout(5))).toBe(false);
  });

  it('are those of any uid, even one that means something to others', async () => {
    const pods = new OwnedPods(() => undefined);
    for (const owner of ['error', '__proto__', 'constructor']) {
      const pod = podObject();
      const metadata = {
        ...pod.metadata,
        uid: `pod of ${owner}`,
        ownerReferences: [{ uid: owner }],
      };
      const next = pods.changesWithin(owner, 5_000, never);
      pods.sawEvent({ type: 'ADDED', object: { ...pod, metadata } });
      expect(await next).toBe(true);
      expect(pods.of(owner)).toHaveLength(1);
    }
  });

  it('are no longer kept, nor taken anew, once they are released', () => {
    const pods = new OwnedPods(() => undefined);
    pods.saw(podObject());
    pods.release(OWNER);
    pods.saw(podObject({ phase: 'Running' }, { worker: 1 }));
    expect(pods.of(OWNER)).toEqual([]);
    pods.replace(new Map([['uid-of-pod-0', podObject()]]), '20');
    expect(pods.of(OWNER)).toEqual([]);
  });
});
