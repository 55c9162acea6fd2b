/** Name of the claim of the store. */
export const CLAIM = 'storebase';

/** A namespace that admits only restricted pods, with a claim on a directory of this host. */
export function restrictedNamespace(name: string, store: string): readonly object[] {
  const metadata = { name: CLAIM, namespace: name };
  const common = {
    accessModes: ['ReadWriteMany'],
    storageClassName: '',
  };
  const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' };
  return [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } },
    {
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: { name },
      spec: {
        ...common,
        capacity: { storage: '1Gi' },
        hostPath: { path: store, type: 'Directory' },
        claimRef: metadata,
        persistentVolumeReclaimPolicy: 'Retain',
      },
    },
    {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata,
      spec: { ...common, volumeName: name, resources: { requests: { storage: '1Gi' } } },
    },
  ];
}

/** Any node. */
export const NODE_AFFINITY = {
  requiredDuringSchedulingIgnoredDuringExecution: {
    nodeSelectorTerms: [{ matchExpressions: [{ key: 'kubernetes.io/os', operator: 'Exists' }] }],
  },
};

/** What the settings of a service name. */
export function objectsOfSettings(namespace: string): readonly object[] {
  const named = (name: string): object => ({ name, namespace });
  const registries = Buffer.from('{"auths":{}}').toString('base64');
  return [
    {
      apiVersion: 'scheduling.k8s.io/v1',
      kind: 'PriorityClass',
      metadata: { name: namespace },
      value: 100,
    },
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: named('jobs') },
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: named('pull'),
      type: 'kubernetes.io/dockerconfigjson',
      data: { '.dockerconfigjson': registries },
    },
  ];
}
