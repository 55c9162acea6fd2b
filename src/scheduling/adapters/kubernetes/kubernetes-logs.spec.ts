import { afterEach, describe, expect, it, vi } from 'vitest';
import type { KubernetesApi } from '../../../clients/kubernetes/kubernetes-api.js';
import {
  answeredError,
  silentNode,
  toKubernetesError,
} from '../../../clients/kubernetes/kubernetes-error.js';
import type { PodObject } from '../../../clients/kubernetes/kubernetes-objects.js';
import { endedPod, podObject } from './fixtures.js';
import { WorkerLogs } from './kubernetes-logs.js';

const WINDOW = { lines: 10, bytes: 1_000 };
const signal = AbortSignal.timeout(60_000);
const refused = silentNode(answeredError(500, ''));
const late = toKubernetesError(Object.assign(new Error('late'), { name: 'TimeoutError' }));

function podOn(nodeName: string, worker = 0): PodObject {
  return { ...podObject({ phase: 'Running' }, { worker }), spec: { nodeName } };
}

/** A cluster whose nodes of these names do not answer. */
function setUp(silent: ReadonlySet<string>, pods: readonly PodObject[]) {
  const openLog = vi.fn<(name: string) => Promise<Buffer[]>>(async (name) => {
    const pod = pods.find(({ metadata }) => metadata.name === name);
    if (silent.has(pod?.spec?.nodeName ?? '')) throw refused;
    return [Buffer.from(`log of ${name}\n`)];
  });
  return { openLog, logs: new WorkerLogs({ openLog } as unknown as KubernetesApi) };
}

afterEach(() => void vi.useRealTimers());

describe('the logs of workers', () => {
  it('are there but for those on a node that does not answer, and say so', async () => {
    const pods = [podOn('a', 0), podOn('b', 1)];
    const { logs } = setUp(new Set(['b']), pods);
    const { text, isPartial } = await logs.read(2, pods, WINDOW, signal);
    expect(text).toMatch(/log of job-1-0.*\n.*worker 2.*\n\[pman\] .* its node does not answer/);
    expect(isPartial).toBe(true);
  });

  it('are not asked of a node again at once that has just not answered', async () => {
    const pods = [podOn('b')];
    const { logs, openLog } = setUp(new Set(['b']), pods);
    for (let read = 0; read < 3; read += 1) await logs.read(1, pods, WINDOW, signal);
    expect(openLog).toHaveBeenCalledTimes(1);
  });

  it('are not asked of a node that the cluster knows to be silent', async () => {
    const pod = { ...podOn('a'), status: { phase: 'Unknown' } };
    const { logs, openLog } = setUp(new Set(), [pod]);
    expect(await logs.read(1, [pod], WINDOW, signal)).toMatchObject({ isPartial: true });
    expect(openLog).not.toHaveBeenCalled();
  });

  it('fail as a whole when it is the cluster that does not answer', async () => {
    const openLog = () => Promise.reject(answeredError(503, 'apiserver is shutting down'));
    const logs = new WorkerLogs({ openLog } as unknown as KubernetesApi);
    await expect(logs.read(1, [podOn('a')], WINDOW, signal)).rejects.toThrow('shutting down');
  });

  it('are shared by lines too', async () => {
    const openLog = vi.fn<() => Promise<Buffer[]>>(async () => [
      Buffer.from('1\n2\n3\n4\n5\n6\n7\n'),
    ]);
    const logs = new WorkerLogs({ openLog } as unknown as KubernetesApi);
    const { text } = await logs.read(2, [podOn('a', 0), podOn('a', 1)], WINDOW, signal);
    const five = '3\n4\n5\n6\n7\n';
    expect(text).toBe(`--- worker 1 of 2 ---\n${five}--- worker 2 of 2 ---\n${five}`);
  });

  it('of workers whose pods are gone are what is said in their place', async () => {
    const { logs } = setUp(new Set(), [podOn('a', 1)]);
    const { text } = await logs.read(2, [podOn('a', 1)], WINDOW, signal, 'gone\n');
    expect(text).toMatch(/worker 1 of 2 ---\ngone\n--- worker 2 of 2 ---\nlog of/);
  });

  it('that are late are not said to be of a node, and are asked for again soon', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    const openLog = vi.fn<() => Promise<never>>(() => Promise.reject(late));
    const logs = new WorkerLogs({ openLog } as unknown as KubernetesApi);
    const first = await logs.read(1, [podOn('a')], WINDOW, signal);
    expect(first).toEqual({
      text: '[pman] the log cannot be read now: the cluster did not answer in time\n',
      isPartial: true,
    });
    await logs.read(1, [podOn('a')], WINDOW, signal);
    expect(openLog).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(5_000);
    await logs.read(1, [podOn('a')], WINDOW, signal);
    expect(openLog).toHaveBeenCalledTimes(2);
  });

  it('that are late and of pods that have ended are waited for, up to a time', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    const openLog = vi.fn<() => Promise<never>>(() => Promise.reject(late));
    const logs = new WorkerLogs({ openLog } as unknown as KubernetesApi);
    const pod = { ...endedPod(0), spec: { nodeName: 'a' } };
    const read = () => logs.read(1, [pod], WINDOW, signal);
    await expect(read()).rejects.toThrow('in time');
    vi.advanceTimersByTime(29_000);
    await expect(read()).rejects.toThrow('in time');
    vi.advanceTimersByTime(2_000);
    expect(await read()).toMatchObject({ isPartial: true });
    // As if nothing had been: long ago.
    vi.advanceTimersByTime(300_000);
    await expect(read()).rejects.toThrow('in time');
  });

  it('that are late because nobody waits for them say nothing of a node', async () => {
    const openLog = () => Promise.reject(late);
    const logs = new WorkerLogs({ openLog } as unknown as KubernetesApi);
    const gone = AbortSignal.abort();
    await expect(logs.read(1, [podOn('a')], WINDOW, gone)).rejects.toThrow('in time');
  });
});
