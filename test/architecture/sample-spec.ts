import type { JobPolicy } from '../../src/jobs/domain/job-policy.js';
import { JobSpecFactory } from '../../src/jobs/domain/job-spec-factory.js';
import type { JobSpec } from '../../src/scheduling/domain/job-spec.js';
import { mebibytes, millicores } from '../../src/shared/units.js';
import { imageRef, jobName, jobRequest, jobSpec, sha256 } from '../fakes/builders.js';

/** The README's job as the settings of a deployment make it; of its script the first word only. */
export function sampleSpec(policy: JobPolicy): JobSpec {
  const specs = new JobSpecFactory(policy, sha256, (low) => low);
  const request = jobRequest({
    name: jobName('first'),
    owner: 'you',
    type: 'fs',
    image: imageRef('docker.io/library/busybox:1.36'),
    entrypoint: ['sh', '-c', 'echo'],
    args: [],
    cpuLimit: millicores(0),
    memoryLimit: mebibytes(128),
  });
  return specs.create(request, jobSpec().mounts, specs.drawUser());
}
