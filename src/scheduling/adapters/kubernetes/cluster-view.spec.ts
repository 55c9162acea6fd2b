import { describe, expect, it } from 'vitest';
import { jobName } from '../../../../test/fakes/builders.js';
import type { JobObject, PodObject } from '../../../clients/kubernetes/kubernetes-objects.js';
import { ClusterView } from './cluster-view.js';
import { endedPod, jobObject, podObject, waitingPod } from './fixtures.js';

const GRACE = { start: 60, scheduling: 600 };
const NOW = Date.parse('2026-01-01T00:00:30Z');
const name = jobName('job-1');
const FAILED = { failed: 1, conditions: [{ type: 'Failed', status: 'True' }] };

function at<T extends JobObject | PodObject>(object: T, version: number): T {
  return { ...object, metadata: { ...object.metadata, resourceVersion: String(version) } };
}

const removedJob = (version: number): JobObject => {
  const job = at(jobObject(), version);
  return { ...job, metadata: { ...job.metadata, deletionTimestamp: '2026-01-01T00:00:20Z' } };
};
const runningPod = (): PodObject =>
  podObject({ phase: 'Running' }, { state: { running: { startedAt: '2026-01-01T00:00:01Z' } } });

const statusOf = (view: ClusterView, now = NOW): string | undefined =>
  view.recall(name, now)?.state.status;
const marksOf = (view: ClusterView, now = NOW): string[] =>
  [...view.list(now)].map(({ mark }) => mark);

describe('a job that was seen', () => {
  it('is told from its Job and pods as they are now', () => {
    const view = new ClusterView(GRACE);
    expect(statusOf(view)).toBeUndefined();
    view.saw(at(jobObject(), 10));
    expect(statusOf(view)).toBe('notstarted');
    view.pods.sawEvent({ type: 'ADDED', object: at(runningPod(), 12) });
    expect(statusOf(view)).toBe('started');
    expect(marksOf(view)).toEqual([view.recall(name, NOW)?.mark]);
  });

  it('is told as before by whatever is older', () => {
    const view = new ClusterView(GRACE);
    view.saw(at(jobObject({ status: { active: 1 } }), 10));
    view.pods.saw(at(runningPod(), 12));
    view.sawEvent({ type: 'ADDED', object: at(jobObject(), 9) });
    view.pods.sawEvent({ type: 'ADDED', object: at(podObject({ phase: 'Pending' }), 11) });
    expect(statusOf(view)).toBe('started');
  });

  it('is not told of while it is removed, nor afterwards, whatever comes late', () => {
    const view = new ClusterView(GRACE);
    view.saw(at(jobObject(), 10));
    view.sawEvent({ type: 'MODIFIED', object: removedJob(11) });
    expect([statusOf(view), marksOf(view)]).toEqual([undefined, []]);
    view.bury(removedJob(11));
    view.sawEvent({ type: 'MODIFIED', object: at(jobObject(), 12) });
    expect([statusOf(view), marksOf(view)]).toEqual([undefined, []]);
  });

  it('is another one when it was made anew, whatever is told of the old one', () => {
    const view = new ClusterView(GRACE);
    view.saw(at(jobObject(), 10));
    const anew = at(jobObject(), 20);
    view.saw({ ...anew, metadata: { ...anew.metadata, uid: 'another' } });
    view.sawEvent({ type: 'MODIFIED', object: removedJob(18) });
    view.sawEvent({ type: 'DELETED', object: removedJob(19) });
    expect(view.recall(name, NOW)?.incarnation).toBe('another');
  });

  it('is gone with a list that does not have it, unless it is newer', () => {
    const view = new ClusterView(GRACE);
    view.saw(at(jobObject(), 10));
    view.replaceJobs(new Map(), '9');
    expect(statusOf(view)).toBe('notstarted');
    view.replaceJobs(new Map(), '10');
    expect(statusOf(view)).toBeUndefined();
  });

  it('is looked up once there is no hope', () => {
    const view = new ClusterView(GRACE);
    view.saw(at(jobObject({ status: { active: 1 } }), 10));
    view.pods.saw(at(waitingPod('ErrImagePull', 'no such host'), 11));
    const [mark] = marksOf(view);
    expect(statusOf(view)).toBe('notstarted');
    expect(statusOf(view, NOW + 60_000)).toBeUndefined();
    expect(marksOf(view, NOW + 60_000)).not.toEqual([mark]);
  });

  it('is looked up also when only one of its workers is without hope', () => {
    const view = new ClusterView(GRACE);
    view.saw(at(jobObject({ status: { active: 2 }, workers: 2 }), 10));
    view.pods.saw(at(podObject({ phase: 'Running' }, { worker: 1 }), 11));
    view.pods.saw(at(waitingPod('ErrImagePull', 'no such host'), 12));
    expect(statusOf(view)).toBe('started');
    expect(statusOf(view, NOW + 60_000)).toBeUndefined();
  });
});

describe('the end of a job', () => {
  it('is told when its pods are known as far as its Job', () => {
    let time = 0;
    const view = new ClusterView(GRACE, () => time);
    view.saw(at(jobObject({ status: { active: 1 } }), 10));
    view.pods.sawEvent({ type: 'ADDED', object: at(runningPod(), 12) });
    expect(statusOf(view)).toBe('started');
    view.sawEvent({ type: 'MODIFIED', object: at(jobObject({ status: FAILED }), 20) });
    expect(statusOf(view)).toBe('started');
    time += 1_000;
    expect(statusOf(view)).toBeUndefined();
    view.pods.sawEvent({ type: 'MODIFIED', object: at(endedPod(3), 18) });
    expect(view.recall(name, NOW)?.state).toMatchObject({ exitCode: 3 });
  });

  it('is told without its pods when nothing can be heard of them any more', () => {
    const view = new ClusterView(GRACE);
    view.saw(at(jobObject({ status: FAILED }), 20));
    expect(statusOf(view)).toBeUndefined();
    view.pods.reach('20');
    expect(view.recall(name, NOW)?.state.message).toBe('its pod was removed from the cluster');
  });

  it('stays as it was told when its pods go', () => {
    const view = new ClusterView(GRACE);
    view.saw(at(jobObject({ status: FAILED }), 20));
    view.pods.sawEvent({ type: 'MODIFIED', object: at(endedPod(3), 18) });
    const ended = view.recall(name, NOW);
    view.pods.sawEvent({ type: 'DELETED', object: at(endedPod(3), 30) });
    view.sawEvent({ type: 'MODIFIED', object: at(jobObject({ status: FAILED }), 31) });
    expect(view.recall(name, NOW)).toBe(ended);
    expect(marksOf(view)).toEqual([ended?.mark]);
    expect(view.pods.of('uid-of-the-job')).toEqual([]);
  });

  it('may be seen before that of its pod, which is gone then: no step back is told', () => {
    const view = new ClusterView(GRACE);
    view.saw(at(jobObject({ status: { active: 1 } }), 10));
    view.pods.sawEvent({ type: 'ADDED', object: at(runningPod(), 12) });
    expect(statusOf(view)).toBe('started');
    view.pods.sawEvent({ type: 'DELETED', object: at(runningPod(), 30) });
    expect(statusOf(view)).toBeUndefined();
    expect(statusOf(view)).toBeUndefined();
    view.sawEvent({ type: 'MODIFIED', object: at(jobObject({ status: FAILED }), 20) });
    expect(statusOf(view)).toBe('finishedWithError');
  });
});
