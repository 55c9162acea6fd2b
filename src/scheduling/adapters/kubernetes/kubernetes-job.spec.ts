import { describe, expect, it } from 'vitest';
import { jobName } from '../../../../test/fakes/builders.js';
import { jobObject } from './fixtures.js';
import { jidOf, toJob } from './kubernetes-job.js';

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
});
