import { describe, expect, it } from 'vitest';
import type { PodObject } from '../../../clients/kubernetes/kubernetes-objects.js';
import { seconds } from '../../../shared/units.js';
import { writeEnding } from './job-ending.js';
import { endedPod, jobObject, podObject, SCHEDULED, waitingPod, withSidecar } from './fixtures.js';
import { toJobState } from './kubernetes-status.js';

const NO_LIMITS = { memory: undefined, time: undefined };
const yes = (type: string, reason = '') => ({
  type,
  status: 'True',
  reason,
  lastTransitionTime: '2026-01-01T00:00:07Z',
});
const running = podObject(
  { phase: 'Running' },
  { state: { running: { startedAt: '2026-01-01T00:00:01Z' } } },
);

const ofWorker = (worker: number, pod: PodObject): PodObject => ({
  ...pod,
  metadata: podObject({}, { worker }).metadata,
});

describe('a Job of the cluster that has ended', () => {
  it.each(['Failed', 'FailureTarget'])('is an error by the condition %s', (type) => {
    const job = jobObject({
      status: { conditions: [yes(type, 'BackoffLimitExceeded')], failed: 1 },
    });
    expect(toJobState(job, [endedPod(3)], NO_LIMITS)).toEqual({
      status: 'finishedWithError',
      reason: 'NonZeroExit',
      message: 'exited with code 3',
      exitCode: 3,
      timestamp: '2026-01-01T00:00:05Z',
    });
  });

  it('is what its own container was, whatever a container beside it was', () => {
    const job = jobObject({ status: { conditions: [yes('Failed')], failed: 1 } });
    const killed = { exitCode: 143, finishedAt: '2026-01-01T00:00:09Z' };
    const pod = withSidecar(endedPod(3), { terminated: killed });
    expect(toJobState(job, [pod], NO_LIMITS)).toMatchObject({
      message: 'exited with code 3',
      exitCode: 3,
      timestamp: '2026-01-01T00:00:05Z',
    });
  });

  it.each(['Complete', 'SuccessCriteriaMet'])('is a success by the condition %s', (type) => {
    const job = jobObject({ status: { conditions: [yes(type)] } });
    expect(toJobState(job, [endedPod(0)], NO_LIMITS)).toEqual({
      status: 'finishedSuccessfully',
      message: 'finished successfully',
      exitCode: 0,
      timestamp: '2026-01-01T00:00:05Z',
    });
  });

  it('is a success when as many pods have succeeded as it has workers', () => {
    const job = jobObject({ status: { succeeded: 2 }, workers: 2 });
    const pods = [endedPod(0), endedPod(0, { worker: 1, at: '2026-01-01T00:00:06Z' })];
    expect(toJobState(job, pods, NO_LIMITS)).toMatchObject({
      status: 'finishedSuccessfully',
      message: 'all 2 workers succeeded',
      timestamp: '2026-01-01T00:00:06Z',
    });
  });

  it('has the time of its completion when its pods are gone', () => {
    const status = { conditions: [yes('Complete')], completionTime: '2026-01-01T00:00:08Z' };
    expect(toJobState(jobObject({ status }), [], NO_LIMITS).timestamp).toBe('2026-01-01T00:00:08Z');
  });

  it('is an error when a pod has failed and none is active, whatever the conditions', () => {
    const job = jobObject({ status: { failed: 1, active: 0 } });
    expect(toJobState(job, [endedPod(1)], NO_LIMITS).status).toBe('finishedWithError');
  });

  it('is an error in words when its failed pod is gone', () => {
    const job = jobObject({ status: { conditions: [yes('Failed')], failed: 1 } });
    expect(toJobState(job, [], NO_LIMITS)).toEqual({
      status: 'finishedWithError',
      reason: 'BackendError',
      message: 'its pod was removed from the cluster',
      timestamp: '2026-01-01T00:00:07Z',
    });
  });

  it('was evicted when the Job says so, although its pod is gone', () => {
    const job = jobObject({ status: { conditions: [yes('Failed', 'PodFailurePolicy')] } });
    expect(toJobState(job, [], NO_LIMITS)).toMatchObject({
      reason: 'Evicted',
      message: expect.stringMatching(/^evicted by the cluster/) as string,
    });
  });

  it('has run into its time limit when its own deadline has passed', () => {
    const job = jobObject({ status: { conditions: [yes('Failed', 'DeadlineExceeded')] } });
    const state = toJobState(job, [], { ...NO_LIMITS, time: seconds(3) });
    expect(state).toMatchObject({ reason: 'TimeLimit', status: 'finishedWithError' });
  });

  it('says which of several workers has failed first, now and when the others are gone', () => {
    const status = { conditions: [yes('FailureTarget')], failed: 1 };
    const job = jobObject({ status, workers: 3 });
    const failed = endedPod(5, { worker: 1 });
    const ended = endedPod(143, { worker: 0, at: '2026-01-01T00:00:04Z', isBeingRemoved: true });
    const before = toJobState(job, [ended, failed], NO_LIMITS);
    expect(before.message).toBe('worker 2 of 3: exited with code 5');
    expect(toJobState(job, [failed], NO_LIMITS)).toEqual(before);
  });

  it('is what the service has written on it when the service has ended it', () => {
    const ending = { reason: 'Cancelled', message: 'cancelled', timestamp: '' } as const;
    const job = jobObject({ annotations: writeEnding(ending) });
    expect(toJobState(job, [running], NO_LIMITS)).toEqual({
      status: 'finishedWithError',
      ...ending,
    });
  });
});

describe('a Job of the cluster that is not decided', () => {
  it('has started when a pod runs', () => {
    expect(toJobState(jobObject(), [running], NO_LIMITS)).toEqual({
      status: 'started',
      message: 'running',
      timestamp: '2026-01-01T00:00:01Z',
    });
  });

  it.each([0, 1])('has started when its pod has ended with %i and is not counted', (code) => {
    const job = jobObject({ status: { active: 1 } });
    expect(toJobState(job, [endedPod(code)], NO_LIMITS).status).toBe('started');
  });

  it('has started when only the list of uncounted pods tells of one', () => {
    const status = { uncountedTerminatedPods: { succeeded: ['uid-of-pod-0'] } };
    expect(toJobState(jobObject({ status }), [], NO_LIMITS).status).toBe('started');
  });

  it('has started when a pod is counted as ready that was not seen yet', () => {
    const status = { active: 1, ready: 1, startTime: '2026-01-01T00:00:00Z' };
    expect(toJobState(jobObject({ status }), [], NO_LIMITS).status).toBe('started');
  });

  it('says how many of several workers have finished', () => {
    const job = jobObject({ status: { active: 2 }, workers: 3 });
    const pods = [running, endedPod(0, { worker: 1 })];
    expect(toJobState(job, pods, NO_LIMITS).message).toBe('1 of 3 workers have finished');
  });

  it('says what one of several workers waits for that may never begin', () => {
    const job = jobObject({ status: { active: 2 }, workers: 3 });
    const waiting = waitingPod('ErrImagePull', 'no such host');
    const pods = [running, endedPod(0, { worker: 1 }), ofWorker(2, waiting)];
    expect(toJobState(job, pods, NO_LIMITS)).toMatchObject({
      status: 'started',
      message:
        '1 of 3 workers have finished; worker 3 waits: its image cannot be pulled: no such host',
    });
    const prepared = [running, ofWorker(1, waitingPod('ContainerCreating'))];
    expect(toJobState(job, prepared, NO_LIMITS).message).toBe('0 of 3 workers have finished');
  });

  it('that has not started says of several waits the one that may never end', () => {
    const job = jobObject({ status: { active: 2 }, workers: 2 });
    const pods = [waitingPod('ContainerCreating'), ofWorker(1, waitingPod('ErrImagePull', 'why'))];
    expect(toJobState(job, pods, NO_LIMITS).message).toBe('its image cannot be pulled: why');
  });

  it('says that the node is silent, and has started all the same', () => {
    const conditions = [
      { type: 'Ready', status: 'False' },
      { type: 'ContainersReady', status: 'True' },
    ];
    const pod = podObject(
      { phase: 'Running', conditions },
      { state: { running: { startedAt: '2026-01-01T00:00:01Z' } } },
    );
    expect(toJobState(jobObject(), [pod], NO_LIMITS)).toMatchObject({
      status: 'started',
      message: 'its node does not answer',
    });
  });

  it('has not started and is not undefined when every field of its status is empty', () => {
    expect(toJobState(jobObject({ status: {} }), [], NO_LIMITS)).toEqual({
      status: 'notstarted',
      message: 'waiting for the cluster to make its pod',
      timestamp: '',
    });
  });

  it('is what its pods are when every field of its own status is empty', () => {
    expect(toJobState(jobObject({ status: {} }), [running], NO_LIMITS).status).toBe('started');
  });

  it('has not started while it is suspended', () => {
    expect(toJobState(jobObject({ suspend: true }), [], NO_LIMITS)).toMatchObject({
      status: 'notstarted',
      message: 'held in the queue of the cluster',
    });
  });

  it('has not started while its pods are pending, and says what for', () => {
    const pod = waitingPod('ImagePullBackOff', 'no such host');
    expect(toJobState(jobObject({ status: { active: 1 } }), [pod], NO_LIMITS)).toEqual({
      status: 'notstarted',
      message: 'its image cannot be pulled: no such host',
      timestamp: '',
    });
  });

  it('has not started while only a container beside it runs', () => {
    const proxy = { running: { startedAt: '2026-01-01T00:00:01Z' } };
    const pod = withSidecar(waitingPod('ContainerCreating'), proxy);
    expect(toJobState(jobObject(), [pod], NO_LIMITS).status).toBe('notstarted');
  });

  it('has the time at which its own container began', () => {
    const proxy = { running: { startedAt: '2026-01-01T00:00:00Z' } };
    const { timestamp } = toJobState(jobObject(), [withSidecar(running, proxy)], NO_LIMITS);
    expect(timestamp).toBe('2026-01-01T00:00:01Z');
  });

  it('has not started while a node prepares it', () => {
    const pod = podObject({ phase: 'Pending', conditions: [SCHEDULED] });
    expect(toJobState(jobObject(), [pod], NO_LIMITS).status).toBe('notstarted');
  });
});
