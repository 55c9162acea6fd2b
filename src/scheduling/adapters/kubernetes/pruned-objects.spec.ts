import { describe, expect, it } from 'vitest';
import { jobName } from '../../../../test/fakes/builders.js';
import type { JobObject, PodObject } from '../../../clients/kubernetes/kubernetes-objects.js';
import { endedPod, jobObject, podObject, SCHEDULED, waitingPod } from './fixtures.js';
import { toJob } from './kubernetes-job.js';
import { pruneEndedJob, pruneJob, prunePod } from './pruned-objects.js';

const FAILED = { failed: 1, conditions: [{ type: 'Failed', status: 'True' }] };
const TRUE = ['Initialized', 'Ready', 'ContainersReady'].map((type) => ({ type, status: 'True' }));

/** As the API shows it: with much that no state is told by. */
function asShown<T extends JobObject | PodObject>(object: T): T {
  const ballast = { managedFields: [{ manager: 'x'.repeat(4_000) }], generateName: 'x' };
  return {
    ...object,
    metadata: { ...object.metadata, ...ballast },
    spec: { ...object.spec, volumes: ['x'.repeat(4_000)], schedulerName: 'x' },
  };
}

const PODS: [string, PodObject][] = [
  ['waits for a node', podObject({ phase: 'Pending', conditions: [] })],
  ['waits for its image', waitingPod('ErrImagePull', 'no such host')],
  [
    'waits for its volumes',
    podObject({
      phase: 'Pending',
      conditions: [SCHEDULED, { type: 'PodReadyToStartContainers', status: 'False' }],
    }),
  ],
  [
    'runs',
    podObject(
      { phase: 'Running', conditions: TRUE },
      { state: { running: { startedAt: '2026-01-01T00:00:01Z' } } },
    ),
  ],
  [
    'is on a silent node',
    podObject({
      phase: 'Running',
      conditions: [
        { type: 'Ready', status: 'False' },
        { type: 'ContainersReady', status: 'True' },
      ],
    }),
  ],
  ['has failed', endedPod(3)],
  ['ran out of memory', endedPod(137, { reason: 'OOMKilled' })],
  ['was evicted', podObject({ phase: 'Failed', reason: 'Evicted', message: 'low on memory' })],
  [
    'was preempted',
    podObject({
      phase: 'Failed',
      conditions: [{ type: 'DisruptionTarget', status: 'True', reason: 'PreemptionByScheduler' }],
    }),
  ],
];

describe('what is kept of an object', () => {
  it.each(PODS)('tells the same of a job whose pod %s', (_words, pod) => {
    for (const status of [{ active: 1 }, FAILED]) {
      const job = jobObject({ status });
      const kept = toJob(jobName('job-1'), pruneJob(asShown(job)), [prunePod(asShown(pod))]);
      expect(kept).toEqual(toJob(jobName('job-1'), job, [pod]));
    }
  });

  it('is little', () => {
    const job = JSON.stringify(pruneJob(asShown(jobObject({ status: FAILED }))));
    const pod = JSON.stringify(prunePod(asShown(endedPod(3))));
    expect(job.length + pod.length).toBeLessThan(1_500);
    expect(JSON.stringify(pruneEndedJob(jobObject())).length).toBeLessThan(250);
  });

  it('is kept once where many have it alike', () => {
    const [one, other] = [endedPod(3), endedPod(3, { worker: 1 })].map(prunePod);
    expect(one?.metadata.name).not.toBe(other?.metadata.name);
    expect(one?.status).toBe(other?.status);
  });
});
