import { describe, expect, it } from 'vitest';
import { jobSpec } from '../../../test/fakes/builders.js';
import { DomainError } from '../../shared/domain-error.js';
import { mebibytes, seconds } from '../../shared/units.js';
import type { SchedulerCapabilities } from './capabilities.js';
import { assertSupported } from './feature-rules.js';
import type { JobSpec } from './job-spec.js';

const ABLE: SchedulerCapabilities = {
  backend: 'docker',
  workers: 'many',
  cpuLimit: 'hard',
  memoryLimit: 'hard',
  gpus: 'yes',
  shmSize: 'yes',
  user: 'yes',
  labels: 'yes',
  timeLimit: 'backend',
  names: 'exclusive',
  mountSources: ['host-path'],
};
const UNABLE: SchedulerCapabilities = {
  ...ABLE,
  backend: 'process',
  workers: 'one',
  cpuLimit: 'unenforced',
  memoryLimit: 'unenforced',
  gpus: 'no',
  shmSize: 'no',
  user: 'no',
  labels: 'no',
  timeLimit: 'unenforced',
  mountSources: [],
};
const DEMANDING = jobSpec({
  workers: 2,
  gpuLimit: 1,
  shmSize: mebibytes(64),
  user: { uid: 1, gid: undefined },
  labels: { team: 'a' },
  timeLimit: seconds(60),
});

function refusals(spec: JobSpec, capabilities: SchedulerCapabilities): unknown {
  try {
    assertSupported(spec, capabilities);
    return undefined;
  } catch (error) {
    return error instanceof DomainError ? error.fields : error;
  }
}

describe('what a job asks for', () => {
  it('is all granted by a backend that can', () => {
    expect(refusals(DEMANDING, ABLE)).toBeUndefined();
  });

  it('is refused by field, all at once, naming the backend that cannot', () => {
    expect(refusals(DEMANDING, UNABLE)).toEqual({
      number_of_workers: expect.stringContaining('process'),
      gpu_limit: expect.stringContaining('process'),
      SHM_SIZE: expect.stringContaining('process'),
      CONTAINER_USER: expect.stringContaining('process'),
      JOB_TIMEOUT: expect.stringContaining('process'),
      JOB_LABELS: expect.stringContaining('process'),
      STORAGE_TYPE: expect.stringContaining('process'),
    });
  });

  it('is not refused for what it does not ask for', () => {
    const modest = { ...UNABLE, mountSources: ABLE.mountSources };
    expect(refusals(jobSpec(), modest)).toBeUndefined();
  });
});
