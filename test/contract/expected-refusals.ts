import { GIVEN_CLUSTER, IS_OPENSHIFT } from './given-cluster.js';
import type { Feature } from './target.js';

/** A feature that a target does not have, and how a user learns of it. */
export interface ExpectedRefusal {
  readonly target: string;
  readonly feature: Feature;
  /** Why there is nothing to refuse; otherwise the request below must be refused. */
  readonly because?: string;
  readonly settings?: Readonly<Record<string, string>>;
  readonly overrides?: Readonly<Record<string, unknown>>;
  /** The field or setting that the refusal names. */
  readonly field?: string;
  /** A refused request by default; or a service that does not start, or that warns at its start. */
  readonly seen?: 'no-start' | 'boot-warning';
}

/** Settings that only container engines can follow. */
const ENGINE_SETTINGS = {
  JOB_CAPABILITIES: 'engine',
  JOB_NETWORK: 'none',
  MEMORY_LIMIT: 'soft',
};

const NOT_OF_THIS_HOST: ExpectedRefusal = {
  target: 'kubernetes',
  feature: 'local-processes',
  because: 'the pods of a cluster elsewhere are not of this host',
};

/** Where the project gives each pod its user. */
const OF_OPENSHIFT = (['job-user', 'container-rights'] as const).map(
  (feature): ExpectedRefusal => ({
    target: 'kubernetes',
    feature,
    because: 'users and rights are those of the project',
  }),
);

const featureOf = (field: string): Feature =>
  field === 'JOB_NETWORK' ? 'network-none' : 'engine-settings';

/** A batch system and what stands in front of one. */
function refusalsOfBatch(target: string): readonly ExpectedRefusal[] {
  return [
    {
      target,
      feature: 'engine-names',
      because: 'SLURM lets several jobs have one name; ours are known by their records',
    },
    {
      target,
      feature: 'overcommitment',
      because: 'SLURM refuses what no node has, in its own words',
    },
    {
      target,
      feature: 'images-first',
      because:
        'a node pulls the image of a job that was taken, and so after its directories were made',
    },
    {
      target,
      feature: 'log-files',
      because: "the log is a file on the site's shared storage, and its quota is the site's",
    },
    ...Object.entries(ENGINE_SETTINGS).map(([field, value]) => ({
      target,
      feature: featureOf(field),
      settings: { [field]: value },
      field,
      seen: 'boot-warning' as const,
    })),
  ];
}

/** It gives a job what the node has, in a file system of its own. */
const CHARLIECLOUD: readonly ExpectedRefusal[] = [
  ...(['hard-limits', 'process-limit', 'swap-limit'] as const).map((feature) => ({
    target: 'charliecloud',
    feature,
    because: 'the limits of such a job are those that SLURM keeps (ConstrainRAMSpace)',
  })),
  {
    target: 'charliecloud',
    feature: 'container-rights',
    because: 'such a job has the rights of the user who submits it, and no others',
  },
  {
    target: 'charliecloud',
    feature: 'job-user',
    settings: { CONTAINER_USER: '1001:1002' },
    field: 'CONTAINER_USER',
    seen: 'no-start',
  },
  {
    target: 'charliecloud',
    feature: 'image-entrypoint',
    settings: { IMAGE_ENTRYPOINT: 'keep' },
    field: 'IMAGE_ENTRYPOINT',
    seen: 'no-start',
  },
  {
    target: 'charliecloud',
    feature: 'read-only-input',
    settings: { SLURM_CONTAINER_RUNTIME: 'charliecloud' },
    field: 'input directory',
    seen: 'boot-warning',
  },
  {
    target: 'charliecloud',
    feature: 'shm-size',
    settings: { SHM_SIZE: '96' },
    field: 'SHM_SIZE',
    seen: 'no-start',
  },
];

/** Read and agreed: every other missing feature fails the suite. */
export const EXPECTED_REFUSALS: readonly ExpectedRefusal[] = [
  ...(GIVEN_CLUSTER.kubeconfig === undefined ? [] : [NOT_OF_THIS_HOST]),
  ...(IS_OPENSHIFT ? OF_OPENSHIFT : []),
  {
    target: 'process',
    feature: 'images',
    because: 'the command is a program of the host; the boot log says that images are not used',
  },
  ...['slurm', 'charliecloud', 'cromwell'].flatMap(refusalsOfBatch),
  ...CHARLIECLOUD,
  ...(['images-first', 'image-entrypoint'] as const).map((feature) => ({
    target: 'process',
    feature,
    because: 'there are no images',
  })),
  {
    target: 'process',
    feature: 'engine-names',
    because: 'records are found by jid in a folder of their own',
  },
  {
    target: 'process',
    feature: 'shm-size',
    settings: { SHM_SIZE: '96' },
    field: 'SHM_SIZE',
    seen: 'no-start',
  },
  {
    target: 'process',
    feature: 'gpu-refusal',
    overrides: { gpu_limit: 1 },
    field: 'gpu_limit',
  },
  ...Object.entries(ENGINE_SETTINGS).map(([field, value]) => ({
    target: 'process',
    feature: featureOf(field),
    settings: { [field]: value },
    field,
    seen: 'boot-warning' as const,
  })),
  {
    target: 'swarm',
    feature: 'images-first',
    because: 'a node pulls the image of a job that was made, and so after its directories were',
  },
  {
    target: 'swarm',
    feature: 'overcommitment',
    because: 'a node refuses more cores than it has, in its own words',
  },
  {
    target: 'swarm',
    feature: 'swap-limit',
    because: 'a service has no limit of swap: nodes of a swarm run without swap',
  },
  {
    target: 'swarm',
    feature: 'network-none',
    settings: { JOB_NETWORK: 'none' },
    field: 'JOB_NETWORK',
    seen: 'no-start',
  },
  {
    target: 'kubernetes',
    feature: 'images-first',
    because: 'a node pulls the image of a job that was made, and so after its directories were',
  },
  {
    target: 'kubernetes',
    feature: 'process-limit',
    because: "the number of a pod's processes is a setting of the node (podPidsLimit of kubelet)",
  },
  {
    target: 'kubernetes',
    feature: 'overcommitment',
    because: 'a node reserves what a job asks for: a job that no node can take waits, and says so',
  },
  {
    target: 'kubernetes',
    feature: 'gpu-refusal',
    because: 'a job waits for a GPU that no node has now, and says so',
  },
  {
    target: 'kubernetes',
    feature: 'log-files',
    because: 'the size of logs is a setting of the node (containerLogMaxSize of kubelet)',
  },
  ...Object.entries(ENGINE_SETTINGS).map(([field, value]) => ({
    target: 'kubernetes',
    feature: featureOf(field),
    settings: { [field]: value },
    field,
    seen: 'boot-warning' as const,
  })),
];
