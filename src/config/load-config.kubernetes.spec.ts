import { describe, expect, it } from 'vitest';
import { problemsOf } from '../../test/fakes/config-problems.js';
import { loadConfig } from './load-config.js';

const CLUSTER = { CONTAINER_ENV: 'kubernetes', VOLUME_NAME: 'store', HOME: '/home/me' };

describe('a configuration for a cluster', () => {
  it('runs jobs on a claim with the kubeconfig of the user outside a cluster', () => {
    const { scheduler, storage } = loadConfig(CLUSTER);
    expect(storage).toEqual({ type: 'kubernetes_pvc', claim: 'store', seenAt: undefined });
    expect(scheduler).toMatchObject({
      backend: 'kubernetes',
      cluster: { kubeconfig: '/home/me/.kube/config', namespace: undefined },
      options: { profile: 'kubernetes', requestPercent: 100, gpuResource: 'nvidia.com/gpu' },
    });
  });

  it('takes the service account of its pod inside a cluster', () => {
    const { scheduler } = loadConfig({ ...CLUSTER, KUBERNETES_SERVICE_HOST: '10.96.0.1' });
    expect(scheduler).toMatchObject({ cluster: { kubeconfig: undefined } });
  });

  it('follows every setting of a cluster', () => {
    const { scheduler } = loadConfig({
      ...CLUSTER,
      CONTAINER_ENV: 'openshift',
      KUBECONFIG: '/etc/pman/kubeconfig',
      JOB_NAMESPACE: 'jobs',
      NODE_SELECTOR: 'disk=ssd',
      JOB_TOLERATIONS: '[{"key":"gpu","operator":"Exists"}]',
      JOB_AFFINITY: '{"podAntiAffinity":{}}',
      JOB_PRIORITY_CLASS: 'low',
      JOB_SERVICE_ACCOUNT: 'jobs',
      IMAGE_PULL_SECRETS: ' one, two ,',
      IMAGE_PULL_POLICY: 'Always',
      IMAGE_ENTRYPOINT: 'keep',
      JOB_FS_GROUP: '1002',
      GPU_RESOURCE: 'amd.com/gpu',
      JOB_REQUEST_PERCENT: '10',
      JOB_TTL: '60',
      KUEUE_QUEUE: 'batch',
      JOB_START_GRACE: '30',
      JOB_SCHEDULING_GRACE: '40',
    });
    expect(scheduler).toEqual({
      backend: 'kubernetes',
      cluster: { kubeconfig: '/etc/pman/kubeconfig', namespace: 'jobs' },
      options: {
        profile: 'openshift',
        imageEntrypoint: 'keep',
        imagePullPolicy: 'Always',
        imagePullSecrets: ['one', 'two'],
        nodeSelector: { disk: 'ssd' },
        tolerations: [{ key: 'gpu', operator: 'Exists' }],
        affinity: { podAntiAffinity: {} },
        priorityClass: 'low',
        serviceAccount: 'jobs',
        fsGroup: 1002,
        gpuResource: 'amd.com/gpu',
        requestPercent: 10,
        timeToLive: 60,
        kueueQueue: 'batch',
        grace: { start: 30, scheduling: 40 },
      },
    });
  });

  it('warns of nothing', () => {
    expect(loadConfig({ ...CLUSTER, JOB_NAMESPACE: 'jobs', SHM_SIZE: '64' }).warnings).toEqual([]);
  });

  it('warns of directories of nodes where OpenShift gives them to nobody', () => {
    const host = { STORAGE_TYPE: 'host', STOREBASE: '/srv/store', VOLUME_NAME: '' };
    const warnings = (CONTAINER_ENV: string): readonly string[] =>
      loadConfig({ ...CLUSTER, ...host, CONTAINER_ENV }).warnings;
    expect(warnings('openshift').join()).toContain('STORAGE_TYPE=host needs a security context');
    expect(warnings('kubernetes')).toEqual([]);
  });

  it('refuses a time to live in which nobody would hear of the end', () => {
    expect(problemsOf({ ...CLUSTER, JOB_TTL: '0' })).toEqual(['JOB_TTL: must not be less than 1']);
  });

  it.each([
    ['VOLUME_NAME', { VOLUME_NAME: '' }],
    ['JOB_LABELS', { JOB_LABELS: 'site=of a hospital' }],
    ['NODE_SELECTOR', { NODE_SELECTOR: 'disk=-' }],
    ['JOB_TOLERATIONS', { JOB_TOLERATIONS: '{}' }],
    ['JOB_TOLERATIONS', { JOB_TOLERATIONS: '[{"keys":"gpu"}]' }],
    ['JOB_AFFINITY', { JOB_AFFINITY: '[]' }],
    ['JOB_AFFINITY', { JOB_AFFINITY: '{"nodeSelector":{}}' }],
    ['JOB_REQUEST_PERCENT', { JOB_REQUEST_PERCENT: '101' }],
    ['IMAGE_PULL_POLICY', { IMAGE_PULL_POLICY: 'Sometimes' }],
    ['CONTAINER_USER', { CONTAINER_ENV: 'openshift', CONTAINER_USER: '0:0' }],
    ['CONTAINER_USER', { CONTAINER_ENV: 'openshift', CONTAINER_USER: ':1002' }],
    ['STOREBASE', { STORAGE_TYPE: 'host', VOLUME_NAME: '', STOREBASE: '/var/lib/kubelet/x' }],
  ])('is refused by the name of %s for %j', (name, changes) => {
    expect(problemsOf({ ...CLUSTER, ...changes }).join('\n')).toContain(`${name}: `);
  });
});
