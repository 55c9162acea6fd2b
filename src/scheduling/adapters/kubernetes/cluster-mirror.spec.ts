import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { jobName } from '../../../../test/fakes/builders.js';
import type { KubernetesApi } from '../../../clients/kubernetes/kubernetes-api.js';
import { KubernetesError } from '../../../clients/kubernetes/kubernetes-error.js';
import type { JobObject, Resource } from '../../../clients/kubernetes/kubernetes-objects.js';
import type { JobHint } from '../../domain/scheduler.port.js';
import { ClusterMirror, type MirrorTimes } from './cluster-mirror.js';
import { ClusterView } from './cluster-view.js';
import { jobObject } from './fixtures.js';

const TIMES: MirrorTimes = {
  watchSeconds: 5,
  silence: 200,
  gap: 30,
  relist: 10,
  longest: 60_000,
  firstPause: 10,
  lastPause: 80,
};
const NAME = jobName('job-1');
const SOON = { interval: 2, timeout: 5_000 };
const never = new AbortController().signal;

type Step = { readonly type: string; readonly object: object } | Error | 'end';

/** A cluster of one Job whose watches do what they are told. */
class FakeCluster {
  readonly lists: Resource[] = [];
  /** The versions that watches were opened from. */
  readonly watches = { jobs: [] as string[], pods: [] as string[] };
  listed: JobObject[] = [];
  version = 100;
  isDown = false;
  /** What a new watch says before it waits to be told. */
  first: Step[] = [];
  private readonly tellers = new Map<Resource, (step: Step) => void>();

  readonly api = {
    pages: (resource: Resource) => this.pages(resource),
    openWatch: (
      resource: Resource,
      _selector: string,
      version: string,
      _limits: object,
      signal: AbortSignal,
    ) => this.open(resource, version, signal),
  } as unknown as KubernetesApi;

  tell(resource: Resource, step: Step): void {
    this.teller(resource)(step);
  }

  /** Of the watch that was opened last. */
  teller(resource: Resource): (step: Step) => void {
    return this.tellers.get(resource) ?? (() => undefined);
  }

  bookmark(version: number): void {
    for (const resource of ['jobs', 'pods'] as const) {
      const object = { metadata: { resourceVersion: String(version) } };
      this.tell(resource, { type: 'BOOKMARK', object });
    }
  }

  private async *pages(resource: Resource) {
    this.lists.push(resource);
    await sleep(1);
    if (this.isDown) throw new KubernetesError(undefined, 'down', true);
    yield { objects: resource === 'jobs' ? this.listed : [], version: String(this.version) };
  }

  private async open(resource: Resource, version: string, signal: AbortSignal) {
    await sleep(1);
    if (this.isDown) throw new KubernetesError(undefined, 'down', true);
    this.watches[resource].push(version);
    const steps: Step[] = [...this.first];
    let wake: () => void = () => undefined;
    this.tellers.set(resource, (step) => {
      steps.push(step);
      wake();
    });
    signal.addEventListener('abort', () => wake());
    return (async function* () {
      for (;;) {
        if (signal.aborted) throw signal.reason;
        const step = steps.shift();
        if (step === 'end') return;
        if (step instanceof Error) throw step;
        if (step !== undefined) yield step;
        else await new Promise<void>((resolve) => (wake = resolve));
      }
    })();
  }
}

const stops: (() => void)[] = [];
afterEach(() => stops.splice(0).forEach((stop) => stop()));

/** Follows the cluster as the service does: again and again. */
function followed(cluster = new FakeCluster(), times = TIMES) {
  const view = new ClusterView({ start: 60, scheduling: 600 });
  const mirror = new ClusterMirror(cluster.api, view, times);
  const hints: JobHint[] = [];
  const errors: unknown[] = [];
  const leaving = new AbortController();
  stops.push(() => leaving.abort());
  void (async () => {
    while (!leaving.signal.aborted) {
      try {
        for await (const hint of mirror.follow(leaving.signal)) hints.push(hint);
      } catch (error) {
        errors.push(error);
      }
    }
  })();
  return { cluster, view, mirror, hints, errors };
}

function job(version: number): JobObject {
  const object = jobObject();
  return { ...object, metadata: { ...object.metadata, resourceVersion: String(version) } };
}

describe('the mirror of a cluster', () => {
  it('is current from its list and the begin of both watches on, and asks for no more', async () => {
    const cluster = new FakeCluster();
    cluster.listed = [job(90)];
    const { mirror, view, hints } = followed(cluster);
    expect(mirror.isCurrent()).toBe(false);
    await expect.poll(() => hints, SOON).toEqual([{ kind: 'relist' }]);
    expect(mirror.isCurrent()).toBe(true);
    expect(view.recall(NAME, 0)?.name).toBe(NAME);
    expect(cluster.watches).toEqual({ jobs: ['100'], pods: ['100'] });
    for (let list = 0; list < 20; list += 1) await mirror.refresh(never);
    expect(cluster.lists).toEqual(['jobs', 'pods']);
  });

  it('shows an event before it gives the hint', async () => {
    const { cluster, view, hints } = followed();
    await expect.poll(() => hints.length, SOON).toBe(1);
    cluster.tell('jobs', { type: 'ADDED', object: job(110) });
    await expect.poll(() => hints[1], SOON).toEqual({ kind: 'changed', name: NAME });
    expect(view.recall(NAME, 0)?.name).toBe(NAME);
  });

  it('opens a watch that the server has ended where it ended, without a list', async () => {
    const { cluster, mirror, hints, errors } = followed();
    await expect.poll(() => hints.length, SOON).toBe(1);
    const last = cluster.teller('jobs');
    cluster.bookmark(140);
    await expect.poll(() => cluster.watches.jobs, SOON).toEqual(['100', '140']);
    // Both are open; the first is read to its end.
    last({ type: 'ADDED', object: job(141) });
    last('end');
    cluster.tell('jobs', { type: 'ADDED', object: job(141) });
    cluster.tell('jobs', { type: 'MODIFIED', object: job(142) });
    await expect.poll(() => hints.length, SOON).toBe(4);
    expect(mirror.isCurrent()).toBe(true);
    expect([cluster.lists.length, errors]).toEqual([2, []]);
  });

  it('is not current without a sign of both watches, and lists instead', async () => {
    const { cluster, mirror, hints } = followed();
    await expect.poll(() => hints.length, SOON).toBe(1);
    const tellOfJobs = cluster.teller('jobs');
    const tellOfPods = cluster.teller('pods');
    const silent = performance.now();
    while (performance.now() - silent < TIMES.silence + 20) {
      tellOfJobs({ type: 'BOOKMARK', object: { metadata: { resourceVersion: '150' } } });
      await sleep(20);
    }
    expect(mirror.isCurrent()).toBe(false);
    cluster.version = 160;
    cluster.listed = [job(155)];
    const before = cluster.lists.length;
    await mirror.refresh(never);
    expect(cluster.lists.length).toBe(before + 2);
    for (const tell of [tellOfJobs, tellOfPods]) {
      tell({ type: 'BOOKMARK', object: { metadata: { resourceVersion: '170' } } });
    }
    await expect.poll(() => mirror.isCurrent(), SOON).toBe(true);
  });

  it('lists before it watches again after a fault: what is gone is gone', async () => {
    const cluster = new FakeCluster();
    cluster.listed = [job(90)];
    const { view, mirror, hints } = followed(cluster);
    await expect.poll(() => hints.length, SOON).toBe(1);
    cluster.listed = [];
    cluster.version = 200;
    cluster.tell('pods', new KubernetesError(410, 'too old', true));
    await expect.poll(() => cluster.watches.jobs, SOON).toEqual(['100', '200']);
    await expect.poll(() => mirror.isCurrent(), SOON).toBe(true);
    expect(view.recall(NAME, 0)).toBeUndefined();
  });

  it('pauses longer and longer where every watch fails, and lists no oftener', async () => {
    const cluster = new FakeCluster();
    cluster.first = [new KubernetesError(410, 'too old', true)];
    followed(cluster, { ...TIMES, firstPause: 20, lastPause: 60 });
    await sleep(500);
    expect(cluster.watches.jobs.length).toBeGreaterThan(3);
    expect(cluster.watches.jobs.length).toBeLessThan(15);
    // One of each kind before each watch, and those of the next one may be under way.
    expect(cluster.lists.length).toBeLessThanOrEqual(2 * cluster.watches.jobs.length + 2);
  });

  it('takes a watch that ends as soon as it begins for one that fails', async () => {
    const cluster = new FakeCluster();
    cluster.first = ['end'];
    const { errors } = followed(cluster, { ...TIMES, firstPause: 20, lastPause: 60 });
    await sleep(300);
    expect(cluster.watches.jobs.length).toBeLessThan(12);
    expect(String(errors[0])).toContain('ends as soon as it begins');
  });

  it('is back soon after an outage, however long that was', async () => {
    const cluster = new FakeCluster();
    cluster.isDown = true;
    const { mirror } = followed(cluster, { ...TIMES, lastPause: 60_000 });
    await expect(mirror.refresh(never)).rejects.toThrow('down');
    await sleep(200);
    cluster.isDown = false;
    await expect.poll(() => mirror.isCurrent(), { interval: 2, timeout: 500 }).toBe(true);
  });

  it('lets those who wait for a list leave, and goes on with it', async () => {
    const cluster = new FakeCluster();
    const view = new ClusterView({ start: 60, scheduling: 600 });
    const mirror = new ClusterMirror(cluster.api, view, TIMES);
    cluster.listed = [job(90)];
    await expect(mirror.refresh(AbortSignal.abort(new Error('left')))).rejects.toThrow('left');
    await expect.poll(() => view.recall(NAME, 0)?.name, SOON).toBe(NAME);
    expect(cluster.lists).toEqual(['jobs', 'pods']);
  });
});
