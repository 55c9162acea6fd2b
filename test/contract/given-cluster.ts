/**
 * A cluster that the suite has not made: what `npm run conformance` sets. Absent, the suite brings up
 * one of its own.
 */
export const GIVEN_CLUSTER = {
  /** Path of its kubeconfig. */
  kubeconfig: process.env['CONTRACT_KUBECONFIG'],
  namespace: process.env['CONTRACT_NAMESPACE'] ?? 'default',
  /** A folder that this machine and every node see: under this path, or as the claim. */
  store: process.env['CONTRACT_STORE'],
  /** Name of the persistent volume claim whose root the folder is. */
  claim: process.env['CONTRACT_CLAIM'],
  /** What the service is to be set to beside, such as the user of jobs. */
  settings: JSON.parse(process.env['CONTRACT_SETTINGS'] ?? '{}') as Readonly<
    Record<string, string>
  >,
} as const;

/** Whether the cluster itself gives each pod its user. */
export const IS_OPENSHIFT = GIVEN_CLUSTER.settings['CONTAINER_ENV'] === 'openshift';

/** Where the test images are, without a slash at the end. */
const IMAGES = process.env['CONTRACT_IMAGES'] ?? 'local';
export const PROBE_IMAGE = `${IMAGES}/probe:1`;
/** Of the same registry, which has no such image. */
export const ABSENT_IMAGE = `${IMAGES}/absent:1`;
export const PROBE_ENTRYPOINT_IMAGE = `${IMAGES}/probe-entrypoint:1`;
