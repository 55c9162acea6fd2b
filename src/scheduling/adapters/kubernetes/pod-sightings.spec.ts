import { describe, expect, it } from 'vitest';
import type { JobObject, PodObject } from '../../../clients/kubernetes/kubernetes-objects.js';
import { PodSightings } from './pod-sightings.js';

const JOB: JobObject = { metadata: { name: 'job-1', uid: 'u1', resourceVersion: '1' } };
const never = new AbortController().signal;

function pod(name: string, phase: string, owner = 'u1', job = 'job-1'): PodObject {
  const labels = { 'batch.kubernetes.io/job-name': job };
  const ownerReferences = [{ uid: owner }];
  return {
    metadata: { name, uid: name, resourceVersion: '1', labels, ownerReferences },
    status: { phase },
  };
}

describe('the pods of a job that is followed', () => {
  it('are those of this very Job, as they were seen last', async () => {
    const sightings = new PodSightings();
    const followed = sightings.follow(JOB);
    const next = followed.isNextWithin(5_000, never);
    sightings.saw(pod('a', 'Pending'));
    sightings.saw(pod('a', 'Running'));
    sightings.saw(pod('b', 'Running', 'an earlier one'));
    sightings.saw(pod('c', 'Running', 'u1', 'job-2'));
    expect(await next).toBe(true);
    expect(followed.all().map(({ status }) => status?.phase)).toEqual(['Running']);
    followed.end();
  });

  it('are those of a list, where nothing is seen', async () => {
    const followed = new PodSightings().follow(JOB);
    expect(await followed.isNextWithin(1, never)).toBe(false);
    followed.replaceBy([pod('a', 'Pending')]);
    followed.replaceBy([pod('b', 'Pending')]);
    expect(followed.all().map(({ metadata }) => metadata.name)).toEqual(['b']);
    followed.end();
  });

  it('are not waited for after an abort, and forgotten after the end', async () => {
    const sightings = new PodSightings();
    const followed = sightings.follow(JOB);
    expect(await followed.isNextWithin(60_000, AbortSignal.abort())).toBe(false);
    followed.end();
    sightings.saw(pod('a', 'Running'));
    expect(followed.all()).toEqual([]);
  });
});
