import { describe, expect, it, vi } from 'vitest';
import type { KubernetesApi } from '../../../clients/kubernetes/kubernetes-api.js';
import { answeredError, silentNode } from '../../../clients/kubernetes/kubernetes-error.js';
import type { PodObject } from '../../../clients/kubernetes/kubernetes-objects.js';
import { podObject } from './fixtures.js';
import { WorkerLogs } from './kubernetes-logs.js';

const WINDOW = { lines: 10, bytes: 1_000 };
const signal = AbortSignal.timeout(60_000);
const refused = silentNode(answeredError(500, ''));

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
});
