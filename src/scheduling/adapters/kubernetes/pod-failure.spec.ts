import { describe, expect, it } from 'vitest';
import { seconds } from '../../../shared/units.js';
import { endedPod, podObject, withInitContainer, withSidecar } from './fixtures.js';
import { couldNotStart, DISRUPTIONS, POD_REASONS, podFailure } from './pod-failure.js';

const LIMITS = { memory: '16Mi', time: seconds(3) };
const RUNC =
  'failed to create containerd task: failed to create shim task: OCI runtime create failed: runc ' +
  'create failed: unable to start container process: exec: "/nope": stat /nope: no such file or ' +
  'directory: unknown';

describe('a failed pod', () => {
  it('names its exit code', () => {
    expect(podFailure(endedPod(3), LIMITS)).toEqual({
      reason: 'NonZeroExit',
      message: 'exited with code 3',
      exitCode: 3,
    });
  });

  it('names the memory limit that it broke', () => {
    expect(podFailure(endedPod(137, { reason: 'OOMKilled' }), LIMITS)).toEqual({
      reason: 'OutOfMemory',
      message: 'killed because it ran out of memory (limit 16 MiB)',
      exitCode: 137,
    });
  });

  it.each(['StartError', 'ContainerCannotRun'])('of reason %s had no usable command', (reason) => {
    const pod = endedPod(128, { reason, message: RUNC });
    expect(couldNotStart(pod)).toBe(true);
    expect(podFailure(pod, LIMITS)).toMatchObject({
      reason: 'BadCommand',
      message: 'the cluster cannot start it: exec: "/nope": stat /nope: no such file or directory',
    });
  });

  it('that its node knows no more was lost with it', () => {
    const pod = endedPod(137, { reason: 'ContainerStatusUnknown' });
    expect(podFailure(pod, LIMITS).reason).toBe('NodeLost');
  });

  it('beyond its deadline has run into the time limit, whatever its exit code', () => {
    const pod = endedPod(137);
    const late = { ...pod, status: { ...pod.status, reason: 'DeadlineExceeded' } };
    expect(podFailure(late, LIMITS)).toMatchObject({
      reason: 'TimeLimit',
      message: expect.stringContaining('3 s'),
    });
  });

  it.each([...POD_REASONS])('of reason %s is told in words', (reason, meaning) => {
    const pod = podObject({ phase: 'Failed', reason, message: 'Low on memory.' });
    expect(podFailure(pod, LIMITS)).toEqual({
      reason: meaning.reason,
      message: `${meaning.words}: Low on memory`,
    });
  });

  it.each([...DISRUPTIONS])('with the disruption %s is told in words', (reason, meaning) => {
    const conditions = [{ type: 'DisruptionTarget', status: 'True', reason, message: 'why' }];
    const pod = podObject({ phase: 'Failed', conditions });
    expect(podFailure(pod, LIMITS)).toEqual({
      reason: meaning.reason,
      message: `${meaning.words}: why`,
    });
  });

  it('has the reason of its own container, whatever a container beside it was', () => {
    const pod = withSidecar(endedPod(128, { reason: 'StartError', message: RUNC }), {
      terminated: { exitCode: 0, reason: 'Completed' },
    });
    expect(couldNotStart(pod)).toBe(true);
    expect(podFailure(pod, LIMITS)).toMatchObject({ reason: 'BadCommand', exitCode: 128 });
  });

  it('names the container in front of or beside its own that has failed', () => {
    const terminated = { exitCode: 2 };
    const words = (name: string) => ({
      reason: 'BackendError',
      message: `a container that the cluster has put into its pod, "${name}", exited with code 2`,
    });
    const init = withInitContainer(podObject({ phase: 'Failed' }), { terminated });
    expect(podFailure(init, LIMITS)).toEqual(words('istio-init'));
    const beside = withSidecar(endedPod(0), { terminated });
    const failed = { ...beside, status: { ...beside.status, phase: 'Failed' } };
    expect(podFailure(failed, LIMITS)).toEqual(words('istio-proxy'));
  });

  it('without anything to tell is an error of the cluster', () => {
    expect(podFailure(podObject({ phase: 'Failed' }), LIMITS).reason).toBe('BackendError');
  });
});
