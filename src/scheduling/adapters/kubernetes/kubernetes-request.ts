import type { V1Job, V1ObjectMeta } from '@kubernetes/client-node';
import { invalidFields } from '../../../shared/domain-error.js';
import { mebibytes } from '../../../shared/units.js';
import type { JobSpec } from '../../domain/job-spec.js';
import { MANAGED_BY, OWN_LABELS } from '../../domain/own-labels.js';
import { jobObjectName } from './kubernetes-names.js';
import type { KubernetesOptions } from './kubernetes-options.js';
import { buildPodSpec } from './pod-spec.js';

/** Beyond its name a Job can be told by this label. */
export const OWN_SELECTOR = `${OWN_LABELS.managedBy}=${MANAGED_BY}`;
const KUEUE_QUEUE = 'kueue.x-k8s.io/queue-name';
const LABEL_VALUE = /^(?:[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?$/;
/** Etcd takes requests of 1.5 MiB, with what the cluster adds. */
/** In MiB. The runtime itself needs some of a container's memory to start it, and never gets it. */
const MIN_MEMORY = mebibytes(6);
const MAX_BODY_BYTES = 1024 * 1024;

/** Makes the Job itself tell of a disruption: the pod that knows of it is deleted. */
const DISRUPTION_RULE = {
  action: 'FailJob',
  onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }],
};

/**
 * The Job that the cluster is asked to create.
 * @throws DomainError `InvalidRequest` for a command that is too long, or too little memory.
 */
export function buildJob(spec: JobSpec, options: KubernetesOptions): V1Job {
  assertRoom(spec);
  const job: V1Job = {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: jobObjectName(spec.name),
      labels: {
        ...buildLabels(spec),
        ...(options.kueueQueue !== undefined && { [KUEUE_QUEUE]: options.kueueQueue }),
      },
      annotations: buildAnnotations(spec),
    },
    spec: {
      completionMode: 'Indexed',
      completions: spec.workers,
      parallelism: spec.workers,
      backoffLimit: 0,
      podFailurePolicy: { rules: [DISRUPTION_RULE] },
      ...(options.timeToLive !== undefined && { ttlSecondsAfterFinished: options.timeToLive }),
      template: {
        metadata: buildPodMetadata(spec),
        spec: buildPodSpec(spec, options),
      },
    },
  };
  assertSize(job);
  return job;
}

/** What a Job tells of itself, whatever the characters; the service's own labels win over others. */
function buildAnnotations(spec: JobSpec): Record<string, string> {
  return {
    [OWN_LABELS.jid]: spec.name,
    [OWN_LABELS.specHash]: spec.specHash,
    [OWN_LABELS.image]: spec.image,
    [OWN_LABELS.owner]: spec.owner,
    [OWN_LABELS.workers]: String(spec.workers),
    ...(spec.timeLimit !== undefined && { [OWN_LABELS.timeLimit]: String(spec.timeLimit) }),
  };
}

/** Jid and owner also as labels, where Kubernetes takes them, for whoever looks for jobs. */
function buildLabels({ labels, name, owner }: JobSpec): Record<string, string> {
  const facts = { [OWN_LABELS.jid]: name, [OWN_LABELS.owner]: owner };
  const searchable = Object.entries(facts).filter(([, value]) => LABEL_VALUE.test(value));
  return { ...labels, ...Object.fromEntries(searchable), [OWN_LABELS.managedBy]: MANAGED_BY };
}

function buildPodMetadata(spec: JobSpec): V1ObjectMeta {
  return { labels: buildLabels(spec), annotations: { [OWN_LABELS.jid]: spec.name } };
}

function assertRoom({ memoryLimit }: JobSpec): void {
  if (memoryLimit === 0 || memoryLimit >= MIN_MEMORY) return;
  throw invalidFields({
    memory_limit: `must be at least ${MIN_MEMORY} on a cluster, which cannot make a pod with less`,
  });
}

function assertSize(job: V1Job): void {
  if (Buffer.byteLength(JSON.stringify(job)) <= MAX_BODY_BYTES) return;
  throw invalidFields({ args: 'make the command with its environment larger than 1 MiB' });
}
