import { describe, expect, it } from 'vitest';
import { jobName } from '../../../../test/fakes/builders.js';
import { serviceName } from './swarm-names.js';
import { toHint } from './swarm-watch.js';

const event = (Type: string, name: string) => ({ Type, Actor: { Attributes: { name } } });

describe('an event of the swarm', () => {
  it('of a service with the name of a job is a hint about that job', () => {
    expect(toHint(event('service', 'job-1'))).toEqual({ kind: 'changed', name: 'job-1' });
  });

  it.each([
    ['of a service whose name is a digest', event('service', serviceName(jobName('Job.1')))],
    ['of a node', event('node', 'worker-1')],
    ['without a name', { Type: 'service' }],
  ])('%s is a reason to list', (_, given) => {
    expect(toHint(given)).toEqual({ kind: 'relist' });
  });
});

describe('the name of a service', () => {
  it('is that of the job where a swarm can have it', () => {
    expect(serviceName(jobName('chris-jid-1'))).toBe('chris-jid-1');
  });

  it.each(['Job', 'job.1', 'a'.repeat(64)])('is a digest for %s', (name) => {
    expect(serviceName(jobName(name))).toMatch(/^pman_[0-9a-f]{40}$/);
  });

  it('tells names apart that differ only in case', () => {
    expect(serviceName(jobName('JOB'))).not.toBe(serviceName(jobName('Job')));
  });
});
