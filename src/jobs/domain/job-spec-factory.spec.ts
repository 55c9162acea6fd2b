import { describe, expect, it } from 'vitest';
import {
  imageRef,
  jobName,
  jobPolicy,
  jobRequest,
  jobSpec,
  relativePath,
  sha256,
} from '../../../test/fakes/builders.js';
import { mebibytes, millicores } from '../../shared/units.js';
import type { JobPolicy } from './job-policy.js';
import type { JobRequest } from './job-request.js';
import { JobSpecFactory, type RandomInteger } from './job-spec-factory.js';

const { mounts } = jobSpec();
const lowest: RandomInteger = (low) => low;

function factory(policy: Partial<JobPolicy> = {}, random = lowest): JobSpecFactory {
  return new JobSpecFactory(jobPolicy(policy), sha256, random);
}

describe('a job specification', () => {
  it('is what the client asked for where the deployment decides nothing', () => {
    const request = jobRequest();
    const spec = factory().create(request, mounts, undefined);
    expect(spec).toEqual({
      name: request.name,
      specHash: factory().hash(request),
      owner: 'cube',
      image: request.image,
      command: ['simpledsapp', '--sleep', '2', '/share/incoming', '/share/outgoing'],
      env: [],
      workers: 1,
      cpuLimit: 1_000,
      memoryLimit: 200,
      gpuLimit: 0,
      shmSize: undefined,
      user: undefined,
      labels: {},
      directories: request.directories,
      mounts,
      timeLimit: undefined,
    });
  });

  it('takes labels, shared memory and user from the deployment', () => {
    const policy = { labels: { team: 'a' }, shmSize: mebibytes(64) };
    const user = { uid: 7, gid: 8 };
    const spec = factory(policy).create(jobRequest(), mounts, user);
    expect(spec).toMatchObject({ ...policy, user });
  });

  it('has no cpu and memory limits, but its GPUs, where limits are ignored', () => {
    const request = jobRequest({ gpuLimit: 2 });
    const spec = factory({ ignoreLimits: true }).create(request, mounts, undefined);
    expect(spec).toMatchObject({ cpuLimit: 0, memoryLimit: 0, gpuLimit: 2 });
  });
});

describe('the HOME workaround', () => {
  const env = [{ name: 'A', value: '1' }];

  it('adds HOME=/tmp and leaves the list of the request alone', () => {
    const request = jobRequest({ env });
    const spec = factory({ homeWorkaround: true }).create(request, mounts, undefined);
    expect(spec.env).toEqual([...env, { name: 'HOME', value: '/tmp' }]);
    expect(request.env).toEqual([{ name: 'A', value: '1' }]);
  });

  it('adds it once, however often a job is built', () => {
    const request = jobRequest({ env });
    const specs = factory({ homeWorkaround: true });
    specs.create(request, mounts, undefined);
    expect(specs.create(request, mounts, undefined).env).toHaveLength(2);
  });

  it('respects a HOME of the client, also an empty one', () => {
    const own = [{ name: 'HOME', value: '' }];
    const spec = factory({ homeWorkaround: true }).create(
      jobRequest({ env: own }),
      mounts,
      undefined,
    );
    expect(spec.env).toEqual(own);
  });

  it('does nothing unless it is switched on', () => {
    expect(factory().create(jobRequest({ env }), mounts, undefined).env).toEqual(env);
  });
});

describe('the user of a job', () => {
  it('is left to the image where the deployment names none', () => {
    expect(factory().drawUser()).toBeUndefined();
  });

  it('is drawn from the ranges, each part by itself', () => {
    const user = { uid: { low: 1000, high: 1999 }, gid: { low: 5, high: 5 } };
    const asked: (readonly [number, number])[] = [];
    const random: RandomInteger = (low, high) => {
      asked.push([low, high]);
      return high;
    };
    expect(factory({ user }, random).drawUser()).toEqual({ uid: 1999, gid: 5 });
    expect(asked).toEqual([
      [1000, 1999],
      [5, 5],
    ]);
  });

  it('may be half left to the image', () => {
    const root = { low: 0, high: 0 };
    expect(factory({ user: { uid: root, gid: undefined } }).drawUser()).toEqual({
      uid: 0,
      gid: undefined,
    });
    expect(factory({ user: { uid: undefined, gid: root } }).drawUser()).toEqual({
      uid: undefined,
      gid: 0,
    });
  });
});

describe('the hash of a job', () => {
  const hash = factory().hash(jobRequest());

  it('is the same for an equal request with its keys in another order', () => {
    const reversed = Object.fromEntries(Object.entries(jobRequest()).toReversed());
    expect(factory().hash(reversed as unknown as JobRequest)).toBe(hash);
  });

  it('does not know the settings of the deployment', () => {
    const other = factory({
      labels: { team: 'a' },
      shmSize: mebibytes(64),
      homeWorkaround: true,
      ignoreLimits: true,
      user: { uid: { low: 1, high: 9 }, gid: undefined },
      removeJobs: false,
    });
    expect(other.hash(jobRequest())).toBe(hash);
    expect(other.create(jobRequest(), mounts, { uid: 3, gid: undefined }).specHash).toBe(hash);
  });

  it('sees through two ways to write one command', () => {
    const long = jobRequest({ args: ['--dir', 'a'], argsPathFlags: ['--dir'] });
    const short = jobRequest({ args: ['--dir', 'b'], argsPathFlags: ['--dir'] });
    expect(factory().hash(long)).toBe(factory().hash(short));
  });

  it.each<Partial<JobRequest>>([
    { name: jobName('job-2') },
    { owner: 'somebody' },
    { image: imageRef('docker.io/fnndsc/pl-simpledsapp:2.1.1') },
    { entrypoint: ['other'] },
    { args: ['--sleep', '3'] },
    { args: ['--sleep 2'] },
    { type: 'fs' },
    { env: [{ name: 'A', value: '' }] },
    { workers: 2 },
    { cpuLimit: millicores(1_001) },
    { memoryLimit: mebibytes(201) },
    { gpuLimit: 1 },
    { directories: { input: relativePath('a'), output: relativePath('key-1/outgoing') } },
    { directories: { input: relativePath('key-1/incoming'), output: relativePath('b') } },
  ])('is another one for %j', (change) => {
    expect(factory().hash(jobRequest(change))).not.toBe(hash);
  });
});

describe('an image that is not on the list', () => {
  const specs = factory({ allowedImages: { prefixes: ['docker.io/fnndsc'], digestOnly: false } });

  it('is refused by field', () => {
    expect(() => specs.assertAllowed(jobRequest({ image: imageRef('ghcr.io/x/y') }))).toThrow(
      /^image: /,
    );
  });

  it('does not hinder the others', () => {
    expect(() => specs.assertAllowed(jobRequest())).not.toThrow();
  });
});
