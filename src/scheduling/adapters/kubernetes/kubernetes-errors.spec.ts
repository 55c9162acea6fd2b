import { describe, expect, it } from 'vitest';
import { jobSpec } from '../../../../test/fakes/builders.js';
import { KubernetesError } from '../../../clients/kubernetes/kubernetes-error.js';
import { isPassingPullRefusal, toCreateError, toSchedulingError } from './kubernetes-errors.js';

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
    [403, 'pods violates PodSecurity "restricted"'],
    [403, 'admission webhook "policy" denied the request'],
    [403, "ValidatingAdmissionPolicy 'images' with binding 'all' denied request: no such registry"],
    [403, 'failed quota: all: must specify limits.memory'],
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

  it('for a quota that is used up now may be taken later', () => {
    const words = 'exceeded quota: jobs, requested: count/jobs.batch=1, used: 5, limited: 5';
    const error = toCreateError(answered(403, words), spec, true);
    expect(error).toMatchObject({ code: 'BackendUnavailable', retryable: true });
    expect(error.message).toContain(words);
  });

  it('with a missing right is the fault of this service', () => {
    const error = toCreateError(answered(403, 'jobs.batch is forbidden'), spec, true);
    expect(error.code).toBe('BackendError');
  });
});

describe('an image that a node cannot pull', () => {
  const failed = 'failed to pull and unpack image "local/a:1": failed to resolve image: ';

  it.each([
    'local/a:1: not found',
    'rpc error: code = NotFound desc = failed to pull',
    'reading manifest 1 in local/a: manifest unknown',
    'pull access denied, repository does not exist or may require authorization',
    'unexpected status from HEAD request to https://local/v2/a/manifests/1: 401 Unauthorized',
    'unexpected status from HEAD request to https://local/v2/a/manifests/1: 403 Forbidden',
    "couldn't parse image name: invalid reference format",
    'Container image "a" is not present with pull policy of Never',
    'no match for platform in manifest: not found',
  ])('is refused at once for the words %s', (words) => {
    expect(isPassingPullRefusal(failed + words)).toBe(false);
  });

  it.each([
    'dial tcp 10.0.0.1:443: connect: connection refused',
    'dial tcp: lookup registry.local: no such host',
    'dial tcp: lookup registry.local on 10.0.0.2:53: server misbehaving',
    'dial tcp 10.0.0.1:443: i/o timeout',
    'dial tcp 10.0.0.1:443: connect: network is unreachable',
    'dial tcp 10.0.0.1:443: connect: no route to host',
    'Get "https://local/v2/": EOF',
    'Get "https://not-found.local/denied:": EOF',
    'unexpected status from HEAD request to https://local/v2/a: 502 Bad Gateway',
    '429 Too Many Requests - toomanyrequests: You have reached your pull rate limit',
    'httpReadSeeker: failed open: unexpected status code 500',
    'context deadline exceeded',
    'write /var/lib/containerd/x: no space left on device',
  ])('may come later for the words %s', (words) => {
    expect(isPassingPullRefusal(failed + words)).toBe(true);
  });
});
