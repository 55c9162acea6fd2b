import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { jobName } from '../../../../test/fakes/builders.js';
import { parseJobName } from '../../domain/job-name.js';
import { jobObjectName } from './kubernetes-names.js';

describe('the name of the Job of a jid', () => {
  it.each(['j', 'chris-jid-8', '8'])('is the jid %s itself where Kubernetes takes it', (jid) => {
    expect(jobObjectName(jobName(jid))).toBe(jid);
  });

  it('keeps what can be read of any other jid and adds a digest', () => {
    expect(jobObjectName(jobName('CHRIS_Jid.8'))).toMatch(/^chris-jid-8--[a-z2-7]{26}$/);
  });

  it('is not that of another jid by spelling out its digest', () => {
    const name = jobObjectName(jobName('CHRIS_Jid.8'));
    expect(jobObjectName(jobName(name))).not.toBe(name);
  });

  it('tells jids apart that differ in case or in a sign only', () => {
    const jids = ['a-b', 'A-b', 'a_b', 'a.b', 'a-b-', `a-b${'x'.repeat(190)}`];
    expect(new Set(jids.map((jid) => jobObjectName(jobName(jid)))).size).toBe(jids.length);
  });

  it('is a DNS label of at most 52 characters for every jid', () => {
    const jids = fc.stringMatching(/^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,199}$/);
    fc.assert(
      fc.property(jids, (jid) => {
        const name = parseJobName(jid);
        if (name === undefined) return;
        expect(jobObjectName(name)).toMatch(/^[a-z0-9](?:[a-z0-9-]{0,50}[a-z0-9])?$/);
      }),
    );
  });
});
