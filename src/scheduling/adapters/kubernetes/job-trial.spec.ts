import { describe, expect, it } from 'vitest';
import { KubernetesError } from '../../../clients/kubernetes/kubernetes-error.js';
import { kubernetesOptions } from './fixtures.js';
import { judgeTrial, trialJob } from './job-trial.js';

const refused = (status: number, words: string): KubernetesError =>
  new KubernetesError(status, words, false);

describe('the trial of a job', () => {
  it('asks for all that settings decide, under no name that a job has', () => {
    const job = trialJob(kubernetesOptions({ gpuResource: 'amd.com/gpu', priorityClass: 'low' }));
    expect(job.metadata?.name).toBeUndefined();
    expect(job.metadata?.generateName).toBe('pman-trial-');
    expect(job.spec?.template.spec).toMatchObject({
      priorityClassName: 'low',
      containers: [{ resources: { limits: { 'amd.com/gpu': '1' } } }],
    });
  });

  it.each([
    ['JOB_TOLERATIONS', 422, 'spec.template.spec.tolerations[0].operator: Unsupported value: "is"'],
    ['JOB_AFFINITY', 400, 'strict decoding error: unknown field "spec.template.spec.affinity.a"'],
    ['GPU_RESOURCE', 422, 'spec.template.spec.containers[0].resources.limits[gpu]: Invalid value'],
    ['IMAGE_PULL_SECRETS', 422, 'spec.template.spec.imagePullSecrets[0].name: Required value'],
    ['JOB_NAMESPACE', 404, 'namespaces "jobs" not found'],
    ['the settings of jobs', 422, 'something else'],
  ])('names %s where the cluster says %i: %s', (setting, status, words) => {
    expect(judgeTrial(refused(status, words))).toEqual({
      name: 'settings',
      ok: false,
      detail: `the cluster would not take any job: ${words}`,
      mend: `look at ${setting}`,
    });
  });

  it.each([
    ['all is well', undefined],
    ['a quota is used up', refused(403, 'exceeded quota: jobs')],
    ['the API server is busy', refused(503, 'busy')],
    ['nothing came', new KubernetesError(undefined, 'late', true)],
  ])('is no failure where %s', (_, failure) => {
    expect(judgeTrial(failure).ok).toBe(true);
  });
});
