import { describe, expect, it } from 'vitest';
import type { V1Container, V1Job, V1PodSpec } from '@kubernetes/client-node';
import { imageRef, jobName, jobSpec } from '../../../../test/fakes/builders.js';
import { mebibytes, millicores, seconds } from '../../../shared/units.js';
import type { JobSpec } from '../../domain/job-spec.js';
import { kubernetesOptions } from './fixtures.js';
import type { KubernetesOptions } from './kubernetes-options.js';
import { buildJob } from './kubernetes-request.js';

const OWN = 'org.chrisproject.pman.';
const LABELS = { [`${OWN}jid`]: 'job-1', [`${OWN}auid`]: 'cube', [`${OWN}managed-by`]: 'pman' };
const POD_SECURITY = { seccompProfile: { type: 'RuntimeDefault' } };

/** The smallest job as a whole. */
const SIMPLEST: V1Job = {
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: {
    name: 'job-1',
    labels: LABELS,
    annotations: {
      [`${OWN}jid`]: 'job-1',
      [`${OWN}spec-hash`]: '0123abcd',
      [`${OWN}image`]: 'docker.io/fnndsc/pl-simpledsapp:2.1.0',
      [`${OWN}auid`]: 'cube',
      [`${OWN}workers`]: '1',
    },
  },
  spec: {
    completionMode: 'Indexed',
    completions: 1,
    parallelism: 1,
    backoffLimit: 0,
    podFailurePolicy: {
      rules: [
        { action: 'FailJob', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
      ],
    },
    template: {
      metadata: { labels: LABELS, annotations: { [`${OWN}jid`]: 'job-1' } },
      spec: {
        restartPolicy: 'Never',
        terminationGracePeriodSeconds: 2,
        automountServiceAccountToken: false,
        enableServiceLinks: false,
        securityContext: POD_SECURITY,
        containers: [
          {
            name: 'job',
            image: 'docker.io/fnndsc/pl-simpledsapp:2.1.0',
            args: ['simpledsapp', '/share/incoming', '/share/outgoing'],
            env: [],
            resources: { limits: {}, requests: {} },
            securityContext: {
              allowPrivilegeEscalation: false,
              privileged: false,
              capabilities: {
                drop: ['ALL'],
                add: ['CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'SETUID', 'SETGID', 'KILL'],
              },
            },
            volumeMounts: [
              { name: 'input', mountPath: '/share/incoming', readOnly: true },
              { name: 'output', mountPath: '/share/outgoing' },
            ],
          },
        ],
        volumes: [
          { name: 'input', hostPath: { path: '/store/key-1/incoming', type: 'Directory' } },
          {
            name: 'output',
            hostPath: { path: '/store/key-1/outgoing', type: 'DirectoryOrCreate' },
          },
        ],
      },
    },
  },
};

const build = (spec: Partial<JobSpec> = {}, options: Partial<KubernetesOptions> = {}): V1Job =>
  buildJob(jobSpec(spec), kubernetesOptions(options));

/** The simplest job with other fields of its pod, and nothing else changed. */
function withPod(pod: Partial<V1PodSpec>, container: Partial<V1Container> = {}): V1Job {
  const job = structuredClone(SIMPLEST);
  const spec = job.spec?.template.spec;
  Object.assign(spec?.containers[0] ?? {}, container);
  Object.assign(spec ?? {}, pod);
  return job;
}

describe('the Job for a job', () => {
  it('is this for the simplest one', () => {
    expect(build()).toEqual(SIMPLEST);
  });

  it('has a completion for each worker, and no retry', () => {
    const { spec } = build({ workers: 3 });
    expect(spec).toMatchObject({ completions: 3, parallelism: 3, backoffLimit: 0 });
  });

  it('has the limits, and reserves them', () => {
    const limits = { cpu: '1500m', memory: '200Mi' };
    const job = build({ cpuLimit: millicores(1_500), memoryLimit: mebibytes(200) });
    expect(job).toEqual(withPod({}, { resources: { limits, requests: limits } }));
  });

  it('reserves the share that the deployment names', () => {
    const job = build(
      { cpuLimit: millicores(1_500), memoryLimit: mebibytes(200) },
      { requestPercent: 10 },
    );
    const resources = {
      limits: { cpu: '1500m', memory: '200Mi' },
      requests: { cpu: '150m', memory: '20Mi' },
    };
    expect(job).toEqual(withPod({}, { resources }));
  });

  it('asks for whole GPUs under the name of the deployment', () => {
    const job = build({ gpuLimit: 2 }, { gpuResource: 'amd.com/gpu', requestPercent: 10 });
    const gpus = { 'amd.com/gpu': '2' };
    expect(job).toEqual(withPod({}, { resources: { limits: gpus, requests: gpus } }));
  });

  it('keeps the cluster from reading variables into command and environment', () => {
    const job = build({
      command: ['echo', '$(HOME) $$ $'],
      env: [{ name: 'A', value: '$(PATH)' }],
    });
    expect(job).toEqual(
      withPod({}, { args: ['echo', '$$(HOME) $$$$ $$'], env: [{ name: 'A', value: '$$(PATH)' }] }),
    );
  });

  it('has of two entries of one name the last', () => {
    const env = [
      { name: 'A', value: '1' },
      { name: 'A', value: '2' },
    ];
    expect(build({ env })).toEqual(withPod({}, { env: [{ name: 'A', value: '2' }] }));
  });

  it('puts the command in the place of the ENTRYPOINT where the deployment says so', () => {
    const job = build({ command: ['sh', '-c', 'true'] }, { imageEntrypoint: 'replace' });
    expect(job).toEqual(withPod({}, { command: ['sh'], args: ['-c', 'true'] }));
  });

  it('gives a user other than root no capability at all', () => {
    const securityContext = {
      allowPrivilegeEscalation: false,
      privileged: false,
      capabilities: { drop: ['ALL'] },
      runAsNonRoot: true,
      runAsUser: 1001,
      runAsGroup: 1002,
    };
    expect(build({ user: { uid: 1001, gid: 1002 } })).toEqual(withPod({}, { securityContext }));
  });

  it('leaves user and rights to OpenShift', () => {
    const securityContext = {
      allowPrivilegeEscalation: false,
      privileged: false,
      capabilities: { drop: ['ALL'] },
      runAsNonRoot: true,
    };
    expect(build({}, { profile: 'openshift' })).toEqual(withPod({}, { securityContext }));
  });

  it('has a /dev/shm of the exact size', () => {
    const job = build({ shmSize: mebibytes(96) });
    const { volumes, containers } = job.spec?.template.spec ?? { containers: [] };
    expect(volumes?.at(-1)).toEqual({
      name: 'shm',
      emptyDir: { medium: 'Memory', sizeLimit: '96Mi' },
    });
    expect(containers[0]?.volumeMounts?.at(-1)).toEqual({ name: 'shm', mountPath: '/dev/shm' });
  });

  it('mounts two directories of a claim', () => {
    const source = { kind: 'pvc-subpath', claim: 'store' } as const;
    const input = { ...source, path: 'key-1/incoming' };
    const output = { ...source, path: 'key-1/outgoing' };
    const name = 'store';
    expect(build({ mounts: { input, output } })).toEqual(
      withPod(
        { volumes: [{ name, persistentVolumeClaim: { claimName: 'store' } }] },
        {
          volumeMounts: [
            { name, mountPath: '/share/incoming', subPath: 'key-1/incoming', readOnly: true },
            { name, mountPath: '/share/outgoing', subPath: 'key-1/outgoing' },
          ],
        },
      ),
    );
  });

  it('has the deadline on its pods, which keeps their log, and tells it', () => {
    const job = build({ timeLimit: seconds(60) });
    expect(job.spec?.template.spec?.activeDeadlineSeconds).toBe(60);
    expect(job.metadata?.annotations?.[`${OWN}time-limit`]).toBe('60');
  });

  it.each<[Partial<KubernetesOptions>, Partial<V1PodSpec>]>([
    [{ nodeSelector: { disk: 'ssd' } }, { nodeSelector: { disk: 'ssd' } }],
    [{ tolerations: [{ key: 'gpu' }] }, { tolerations: [{ key: 'gpu' }] }],
    [{ affinity: { podAffinity: {} } }, { affinity: { podAffinity: {} } }],
    [{ priorityClass: 'low' }, { priorityClassName: 'low' }],
    [{ serviceAccount: 'jobs' }, { serviceAccountName: 'jobs' }],
    [{ imagePullSecrets: ['a', 'b'] }, { imagePullSecrets: [{ name: 'a' }, { name: 'b' }] }],
    [
      { fsGroup: 1002 },
      {
        securityContext: { ...POD_SECURITY, fsGroup: 1002, fsGroupChangePolicy: 'OnRootMismatch' },
      },
    ],
  ])('follows the setting %j and changes nothing else', (options, pod) => {
    expect(build({}, options)).toEqual(withPod(pod));
  });

  it('follows the pull policy, the queue and the time to live of the deployment', () => {
    const job = build({}, { imagePullPolicy: 'Always', kueueQueue: 'batch', timeToLive: 60 });
    expect(job.spec?.template.spec?.containers[0]?.imagePullPolicy).toBe('Always');
    expect(job.metadata?.labels?.['kueue.x-k8s.io/queue-name']).toBe('batch');
    expect(job.spec?.ttlSecondsAfterFinished).toBe(60);
  });

  it("has the deployment's labels on Job and pods, and the service's own win", () => {
    const job = build({ labels: { site: 'hospital', [`${OWN}managed-by`]: 'other' } });
    const labels = { ...LABELS, site: 'hospital' };
    expect(job.metadata?.labels).toEqual(labels);
    expect(job.spec?.template.metadata?.labels).toEqual(labels);
  });

  it('keeps a jid and an owner that are no labels in its annotations only', () => {
    const job = build({ name: jobName('CHRIS_8.'), owner: 'Ünal "the" owner' });
    expect(job.metadata?.labels).toEqual({ [`${OWN}managed-by`]: 'pman' });
    expect(job.metadata?.annotations).toMatchObject({
      [`${OWN}jid`]: 'CHRIS_8.',
      [`${OWN}auid`]: 'Ünal "the" owner',
    });
  });

  it('has the image as it was asked for', () => {
    const job = build({ image: imageRef('local/probe:1') });
    expect(job.spec?.template.spec?.containers[0]?.image).toBe('local/probe:1');
  });
});
