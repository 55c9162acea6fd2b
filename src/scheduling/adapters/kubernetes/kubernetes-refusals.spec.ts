import type { V1Job } from '@kubernetes/client-node';
import { describe, expect, it } from 'vitest';
import { jobSpec } from '../../../../test/fakes/builders.js';
import { mebibytes } from '../../../shared/units.js';
import type { JobSpec } from '../../domain/job-spec.js';
import { kubernetesOptions } from './fixtures.js';
import { buildJob } from './kubernetes-request.js';

const build = (spec: Partial<JobSpec>): V1Job => buildJob(jobSpec(spec), kubernetesOptions({}));

describe('a job that the cluster would not take', () => {
  it('is refused with less memory than a pod needs to be made', () => {
    expect(() => build({ memoryLimit: mebibytes(5) })).toThrow(/memory_limit: must be at least 6/);
    expect(() => build({ memoryLimit: mebibytes(6) })).not.toThrow();
  });

  it('is refused when it is longer than the cluster would take', () => {
    expect(() => build({ command: ['x'.repeat(1024 * 1024)] })).toThrow(/args/);
  });
});
