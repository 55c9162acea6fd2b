import type { JobObject, PodObject } from '../../../clients/kubernetes/kubernetes-objects.js';
import type { Job } from '../../domain/job.js';
import type { JobName } from '../../domain/job-name.js';
import { parseJobName } from '../../domain/job-name.js';
import { MANAGED_BY, OWN_LABELS } from '../../domain/own-labels.js';
import type { SpecHash } from '../../domain/spec-hash.js';
import { parseTimeLimit } from '../../domain/time-limit.js';
import { containerOf } from './job-container.js';
import { jobObjectName } from './kubernetes-names.js';
import { toJobState } from './kubernetes-status.js';
import type { JobLimits } from './pod-failure.js';

/** The jid of an object of ours, by label, annotation and name. */
export function jidOf({ metadata }: JobObject): JobName | undefined {
  if (metadata.labels?.[OWN_LABELS.managedBy] !== MANAGED_BY) return undefined;
  const jid = parseJobName(metadata.annotations?.[OWN_LABELS.jid] ?? '');
  return jid !== undefined && jobObjectName(jid) === metadata.name ? jid : undefined;
}

export function specHashOf({ metadata }: JobObject): SpecHash {
  return (metadata.annotations?.[OWN_LABELS.specHash] ?? '') as SpecHash;
}

export function isBeingRemoved({ metadata }: JobObject): boolean {
  return metadata.deletionTimestamp !== undefined;
}

/** @param pods of this very Job */
export function toJob(name: JobName, job: JobObject, pods: readonly PodObject[]): Job {
  const { annotations = {}, uid } = job.metadata;
  const container = containerOf(job);
  const state = toJobState(job, pods, limitsOf(job));
  const { status, message, timestamp, exitCode } = state;
  return {
    name,
    specHash: specHashOf(job),
    incarnation: uid,
    // Versions change more often than what is to be told of a job.
    mark: [uid, status, timestamp, exitCode, message].join(' '),
    image: annotations[OWN_LABELS.image] ?? container?.image ?? '',
    command: [...(container?.command ?? []), ...(container?.args ?? [])].map(withoutEscapes),
    state,
  };
}

function limitsOf(job: JobObject): JobLimits {
  return {
    memory: containerOf(job)?.resources?.limits?.['memory'],
    time: parseTimeLimit(job.metadata.annotations?.[OWN_LABELS.timeLimit]),
  };
}

/** Undoes what keeps the cluster from replacing `$(NAME)`. */
function withoutEscapes(text: string): string {
  return text.replaceAll('$$', '$');
}
