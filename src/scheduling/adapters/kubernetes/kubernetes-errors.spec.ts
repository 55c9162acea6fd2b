import { describe, expect, it } from 'vitest';
import { jobSpec } from '../../../../test/fakes/builders.js';
import { KubernetesError } from '../../../clients/kubernetes/kubernetes-error.js';
import { toCreateError, toSchedulingError } from './kubernetes-errors.js';

const answered = (status: number, words = 'words'): KubernetesError =>
  new KubernetesError(status, words, status >= 500);

describe('an error of the cluster', () => {
  it.each([408, 409, 429, 500, 502, 503, 504])('of status %i may pass', (status) => {
    expect(toSchedulingError(answered(status), true)).toMatchObject({
      code: 'BackendUnavailable',
      retryable: true,
    });
  });

  it.each([401, 403])('of status %i is definite and does not name our account', (status) => {
    const error = toSchedulingError(answered(status, 'User "system:secret" cannot'), true);
    expect(error).toMatchObject({ code: 'BackendError', retryable: false });
    expect(error.message).not.toContain('secret');
  });

  it('without an answer may pass where a cluster was seen before, and not else', () => {
    const unreached = new KubernetesError(undefined, 'the cluster cannot be reached', false);
    expect(toSchedulingError(unreached, true).retryable).toBe(true);
    expect(toSchedulingError(unreached, false).retryable).toBe(false);
  });
});

describe('what the cluster says to a new Job', () => {
  const spec = jobSpec();

  it.each([
    [422, 'spec.template.spec.containers[0].image: Invalid value'],
    [400, 'cannot be handled as a Job'],
    [403, 'exceeded quota: jobs'],
    [403, 'pods violates PodSecurity "restricted"'],
    [403, 'admission webhook "policy" denied the request'],
  ])('with status %i and "%s" is the fault of the job', (status, words) => {
    const error = toCreateError(answered(status, words), spec, true);
    expect(error).toMatchObject({ code: 'JobRefused', retryable: false });
    expect(error.message).toContain(words);
  });

  it('does not tell where the store lies', () => {
    const words = 'hostPath "/store/key-1/incoming" is forbidden';
    const { message } = toCreateError(answered(422, words), spec, true);
    expect(message).toBe('the cluster refuses the job: hostPath "/share/incoming" is forbidden');
  });

  it('with a missing right is the fault of this service', () => {
    const error = toCreateError(answered(403, 'jobs.batch is forbidden'), spec, true);
    expect(error.code).toBe('BackendError');
  });
});
