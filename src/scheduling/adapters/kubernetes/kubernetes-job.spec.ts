import { describe, expect, it } from 'vitest';
import { jobName } from '../../../../test/fakes/builders.js';
import { endedPod, jobObject, podObject, waitingPod } from './fixtures.js';
import { jidOf, toJob, toListedJobs } from './kubernetes-job.js';

const GRACE = { start: 60, scheduling: 600 };
const NOW = Date.parse('2026-01-01T00:00:30Z');
const name = jobName('job-1');

describe('a job as the cluster shows it', () => {
  it('has its command as it was asked for', () => {
    expect(toJob(name, jobObject(), []).command).toEqual(['echo', '$HOME']);
  });

  it('is known by label, annotation and name together', () => {
    const job = jobObject();
    expect(jidOf(job)).toBe('job-1');
    expect(jidOf({ ...job, metadata: { ...job.metadata, labels: {} } })).toBeUndefined();
    expect(jidOf({ ...job, metadata: { ...job.metadata, name: 'other' } })).toBeUndefined();
  });

  it('has the same mark in a list as in a look-up', () => {
    const pods = [endedPod(3)];
    const job = jobObject({ status: { failed: 1 } });
    expect(toListedJobs([job], pods, GRACE, NOW)).toEqual([
      { name, mark: toJob(name, job, pods).mark },
    ]);
  });

  it('keeps its mark when only a version has changed', () => {
    const job = jobObject({ status: { active: 1 } });
    const later = { ...job, metadata: { ...job.metadata, resourceVersion: '99' } };
    expect(toJob(name, later, []).mark).toBe(toJob(name, job, []).mark);
  });

  it('has another mark when it was made anew', () => {
    const job = jobObject();
    const anew = { ...job, metadata: { ...job.metadata, uid: 'another' } };
    expect(toJob(name, anew, []).mark).not.toBe(toJob(name, job, []).mark);
  });

  it('has another mark in a list once there is no hope, so that somebody looks', () => {
    const job = jobObject({ status: { active: 1 } });
    const pods = [waitingPod('ErrImagePull', 'no such host')];
    const { mark } = toJob(name, job, pods);
    expect(toListedJobs([job], pods, GRACE, NOW)).toEqual([{ name, mark }]);
    const late = toListedJobs([job], pods, GRACE, NOW + 60_000);
    expect(late[0]?.mark).not.toBe(mark);
  });

  it('has another mark also when only one of its workers is without hope', () => {
    const job = jobObject({ status: { active: 2 }, workers: 2 });
    const pods = [podObject({ phase: 'Running' }, { worker: 1 }), waitingPod('ErrImagePull')];
    const { mark } = toJob(name, job, pods);
    expect(toListedJobs([job], pods, GRACE, NOW)).toEqual([{ name, mark }]);
    expect(toListedJobs([job], pods, GRACE, NOW + 60_000)[0]?.mark).not.toBe(mark);
  });

  it('is not listed while it is being removed', () => {
    const job = jobObject();
    const metadata = { ...job.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' };
    expect(toListedJobs([{ ...job, metadata }], [podObject()], GRACE, NOW)).toEqual([]);
  });
});
