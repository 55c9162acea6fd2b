import { describe, expect, it } from 'vitest';
import {
  endedPod,
  jobObject,
  podObject,
  SCHEDULED,
  waitingPod,
  withInitContainer,
  withSidecar,
} from './fixtures.js';
import { hopelessEnding } from './hopeless-jobs.js';
import { podWait, WAITING_REASONS } from './pod-waiting.js';

const START = Date.parse('2026-01-01T00:00:00Z');
const GRACE = { start: 60, scheduling: 600 };
const unschedulable = podObject({
  phase: 'Pending',
  conditions: [
    {
      type: 'PodScheduled',
      status: 'False',
      reason: 'Unschedulable',
      message: '0/1 nodes are available: 1 Insufficient nvidia.com/gpu.',
    },
  ],
});

describe('a pod that waits', () => {
  it.each([...WAITING_REASONS])('for %s says so in plain words', (reason, { words, failure }) => {
    const { message } = podWait(waitingPod(reason, 'details'));
    expect(message).toBe(failure === undefined ? words : `${words}: details`);
  });

  it('for a node says what no node has', () => {
    expect(podWait(unschedulable).message).toBe(
      'no node can take it now: 0/1 nodes are available: 1 Insufficient nvidia.com/gpu',
    );
  });

  it('for its directories says so', () => {
    const sandbox = { type: 'PodReadyToStartContainers', status: 'False' };
    const pod = podObject({ phase: 'Pending', conditions: [SCHEDULED, sandbox] });
    expect(podWait(pod)).toMatchObject({
      message: 'its node mounts its directories and makes its pod',
      failure: 'MountFailed',
    });
  });

  it.each([
    ['in front of', 'istio-init', withInitContainer],
    ['beside', 'istio-proxy', withSidecar],
  ])('for a container %s its own names that one, and gives up for it', (_, name, add) => {
    const waiting = { reason: 'ImagePullBackOff', message: 'no such host' };
    const pod = add(waitingPod('PodInitializing'), { waiting });
    expect(podWait(pod)).toEqual({
      message: `of its container "${name}" the image cannot be pulled: no such host`,
      failure: 'ImagePull',
      grace: 'start',
      since: '2026-01-01T00:00:00Z',
      details: 'no such host',
    });
    expect(podWait(waitingPod('ImagePullBackOff', 'no such host')).isImageMissing).toBe(true);
  });

  it('behind a scheduling gate says so', () => {
    const gate = { type: 'PodScheduled', status: 'False', reason: 'SchedulingGated' };
    const pod = podObject({ phase: 'Pending', conditions: [gate] });
    expect(podWait(pod).message).toBe('held back by a scheduling gate');
  });
});

describe('a job that has waited', () => {
  const after = (seconds: number) => START + seconds * 1_000;

  it('for its image is given up after the grace for starts, and not before', () => {
    const pods = [waitingPod('ImagePullBackOff', 'no such host')];
    expect(hopelessEnding(jobObject(), pods, GRACE, after(59))).toBeUndefined();
    expect(hopelessEnding(jobObject(), pods, GRACE, after(60))).toEqual({
      reason: 'ImagePull',
      message: 'given up after waiting for 60 s: its image cannot be pulled: no such host',
      timestamp: '',
    });
  });

  it('for a node is given up after the grace for nodes, and not before', () => {
    expect(hopelessEnding(jobObject(), [unschedulable], GRACE, after(599))).toBeUndefined();
    const ending = hopelessEnding(jobObject(), [unschedulable], GRACE, after(600));
    expect(ending?.reason).toBe('Unschedulable');
  });

  it('for the making of its container may take as long as it likes', () => {
    const pods = [waitingPod('ContainerCreating')];
    expect(hopelessEnding(jobObject(), pods, GRACE, after(99_999))).toBeUndefined();
  });

  it('for its pods may wait as long as for a node: a quota that is used up is freed again', () => {
    const job = jobObject({ status: { startTime: '2026-01-01T00:00:00Z' } });
    expect(hopelessEnding(job, [], GRACE, after(599))).toBeUndefined();
    expect(hopelessEnding(job, [], GRACE, after(600))).toMatchObject({
      reason: 'Quota',
      message: expect.stringContaining('does not make its pod') as string,
    });
  });

  it('for one of its workers only is given up too, and has a time', () => {
    const status = { active: 2, startTime: '2026-01-01T00:00:00Z' };
    const job = jobObject({ workers: 2, status });
    const waiting = waitingPod('ErrImagePull', 'no such host');
    const ending = hopelessEnding(
      job,
      [podObject({ phase: 'Running' }), waiting],
      GRACE,
      after(60),
    );
    expect(ending).toEqual({
      reason: 'ImagePull',
      message: 'given up after waiting for 60 s: its image cannot be pulled: no such host',
      timestamp: '2026-01-01T00:01:00.000Z',
    });
  });

  it('for the pod of one of its workers is given up too', () => {
    const status = { active: 1, startTime: '2026-01-01T00:00:00Z' };
    const job = jobObject({ workers: 2, status });
    const pods = [podObject({ phase: 'Running' })];
    expect(hopelessEnding(job, pods, GRACE, after(599))).toBeUndefined();
    expect(hopelessEnding(job, pods, GRACE, after(600))?.reason).toBe('Quota');
  });

  it.each([
    ['has ended and is gone', { active: 1, succeeded: 1 }],
    ['is counted as active and was not seen', { active: 2 }],
    ['has ended and is not counted', { active: 1, uncountedTerminatedPods: { succeeded: ['u'] } }],
    ['is ending', { active: 1, terminating: 1 }],
  ])('is not given up for a pod that %s', (_, counts) => {
    const status = { ...counts, startTime: '2026-01-01T00:00:00Z' };
    const job = jobObject({ workers: 2, status });
    const pods = [podObject({ phase: 'Running' })];
    expect(hopelessEnding(job, pods, GRACE, after(99_999))).toBeUndefined();
  });

  it('is not given up for what has begun, or ended, or goes', () => {
    const late = podObject({ phase: 'Pending' }, { worker: 1, isBeingRemoved: true });
    const pods = [endedPod(0), { ...unschedulable, metadata: late.metadata }];
    const job = jobObject({ workers: 2, status: { active: 1, succeeded: 1 } });
    expect(hopelessEnding(job, pods, GRACE, after(99_999))).toBeUndefined();
  });

  it('in a queue of the cluster may wait as long as it takes', () => {
    const job = jobObject({ suspend: true, status: { startTime: '2026-01-01T00:00:00Z' } });
    expect(hopelessEnding(job, [], GRACE, after(99_999))).toBeUndefined();
  });
});
