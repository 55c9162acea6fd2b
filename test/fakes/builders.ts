import { createHash } from 'node:crypto';
import type { JobPolicy } from '../../src/jobs/domain/job-policy.js';
import type { JobRequest } from '../../src/jobs/domain/job-request.js';
import { parseImageRef, type ImageRef } from '../../src/scheduling/domain/image-ref.js';
import { parseJobName, type JobName } from '../../src/scheduling/domain/job-name.js';
import type { JobSpec } from '../../src/scheduling/domain/job-spec.js';
import type { SpecHash } from '../../src/scheduling/domain/spec-hash.js';
import { parseRelativePath, type RelativePath } from '../../src/shared/posix-path.js';
import { mebibytes, millicores } from '../../src/shared/units.js';

/** Values of the domain's own types for tests: each refuses what the domain refuses. */
export function jobName(text: string): JobName {
  return present(parseJobName(text), text);
}

export function imageRef(text: string): ImageRef {
  return present(parseImageRef(text), text);
}

export function relativePath(text: string): RelativePath {
  const parsed = parseRelativePath(text);
  return present('path' in parsed ? parsed.path : undefined, text);
}

export const specHash = (text: string): SpecHash => text as SpecHash;

export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

function present<T>(value: T | undefined, text: string): T {
  if (value === undefined) throw new Error(`the domain does not accept ${text}`);
  return value;
}

/** The smallest job: no limits, no environment, no deployment settings. */
export function jobSpec(changes: Partial<JobSpec> = {}): JobSpec {
  return {
    name: jobName('job-1'),
    specHash: specHash('0123abcd'),
    owner: 'cube',
    image: imageRef('docker.io/fnndsc/pl-simpledsapp:2.1.0'),
    command: ['simpledsapp', '/share/incoming', '/share/outgoing'],
    env: [],
    workers: 1,
    cpuLimit: millicores(0),
    memoryLimit: mebibytes(0),
    gpuLimit: 0,
    shmSize: undefined,
    user: undefined,
    labels: {},
    timeLimit: undefined,
    directories: { input: relativePath('key-1/incoming'), output: relativePath('key-1/outgoing') },
    mounts: {
      input: { kind: 'host-path', path: '/store/key-1/incoming' },
      output: { kind: 'host-path', path: '/store/key-1/outgoing' },
    },
    ...changes,
  };
}

export function jobRequest(changes: Partial<JobRequest> = {}): JobRequest {
  return {
    name: jobName('job-1'),
    owner: 'cube',
    image: imageRef('docker.io/fnndsc/pl-simpledsapp:2.1.0'),
    entrypoint: ['simpledsapp'],
    args: ['--sleep', '2'],
    argsPathFlags: [],
    type: 'ds',
    env: [],
    workers: 1,
    cpuLimit: millicores(1_000),
    memoryLimit: mebibytes(200),
    gpuLimit: 0,
    directories: { input: relativePath('key-1/incoming'), output: relativePath('key-1/outgoing') },
    ...changes,
  };
}

/** A deployment that decides nothing. */
export function jobPolicy(changes: Partial<JobPolicy> = {}): JobPolicy {
  return {
    user: { uid: undefined, gid: undefined },
    homeWorkaround: false,
    shmSize: undefined,
    labels: {},
    timeLimit: undefined,
    logsTail: 1_000,
    ignoreLimits: false,
    removeJobs: true,
    allowedImages: undefined,
    ...changes,
  };
}

export type Body = Readonly<Record<string, unknown>>;

/** A body of the v1 API with every required field, for a store that has `key-1/incoming`. */
export function jobBody(changes: Body = {}): Body {
  return {
    jid: 'job-1',
    args: ['--sleep', '2'],
    auid: 'cube',
    number_of_workers: 1,
    cpu_limit: 1_000,
    memory_limit: 200,
    gpu_limit: 0,
    image: 'docker.io/fnndsc/pl-simpledsapp:2.1.0',
    entrypoint: ['simpledsapp'],
    type: 'ds',
    input_dir: 'key-1/incoming',
    output_dir: 'key-1/outgoing',
    ...changes,
  };
}
