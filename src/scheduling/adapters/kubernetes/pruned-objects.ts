import type {
  Condition,
  ContainerObject,
  ContainerState,
  ContainerStatus,
  JobObject,
  ObjectMeta,
  PodObject,
} from '../../../clients/kubernetes/kubernetes-objects.js';
import { OWN_LABELS } from '../../domain/own-labels.js';
import { ENDING_ANNOTATION } from './job-ending.js';

/*
 * What of an object is kept in memory: as much as states, waits, failures and logs are told by, and no
 * more. Most of an object as the API shows it is its pod template and who has managed which field. Parts
 * that many objects have alike are kept once.
 */

const INDEX = 'batch.kubernetes.io/job-completion-index';
const LABELS: ReadonlySet<string> = new Set([OWN_LABELS.managedBy, INDEX]);
const ANNOTATIONS: ReadonlySet<string> = new Set([
  INDEX,
  ENDING_ANNOTATION,
  OWN_LABELS.jid,
  OWN_LABELS.specHash,
  OWN_LABELS.image,
  OWN_LABELS.workers,
  OWN_LABELS.timeLimit,
]);
/** Conditions of pods of which it matters since when. */
const TIMED: ReadonlySet<string> = new Set(['PodScheduled']);
const POD_CONDITIONS: ReadonlySet<string> = new Set([
  ...TIMED,
  'PodReadyToStartContainers',
  'DisruptionTarget',
  'Ready',
  'ContainersReady',
]);

export function pruneJob({ metadata, spec, status }: JobObject): JobObject {
  const containers = spec?.template?.spec?.containers ?? [];
  const { completions, suspend } = spec ?? {};
  return {
    metadata: pruneMetadata(metadata),
    spec: {
      ...pick({ completions, suspend }),
      template: { spec: { containers: containers.map(pruneTemplate) } },
    },
    ...(status !== undefined && { status: pruneStatus(status) }),
  };
}

/** A Job of which more is known than its object tells: what is left of that says which one it is. */
export function pruneEndedJob({ metadata }: JobObject): JobObject {
  const { name, uid, resourceVersion, deletionTimestamp, labels, annotations } = metadata;
  const jid = annotations?.[OWN_LABELS.jid];
  return {
    metadata: {
      name,
      uid,
      resourceVersion,
      ...pick({ deletionTimestamp, labels: share(only(LABELS, labels)) }),
      ...(jid !== undefined && { annotations: { [OWN_LABELS.jid]: jid } }),
    },
  };
}

export function prunePod({ metadata, spec, status = {} }: PodObject): PodObject {
  const { phase, reason, message, startTime, conditions = [] } = status;
  const containerStatuses = status.containerStatuses?.map(pruneContainer);
  const initContainerStatuses = status.initContainerStatuses?.map(pruneContainer);
  const hasEnded = phase === 'Succeeded' || phase === 'Failed';
  const telling = conditions.filter(({ type }) =>
    hasEnded ? type === 'DisruptionTarget' : POD_CONDITIONS.has(type),
  );
  const kept = pruneMetadata(metadata);
  return {
    metadata: {
      ...kept,
      ...pick({ annotations: share(kept.annotations) }),
      ownerReferences: (metadata.ownerReferences ?? []).map(({ uid }) => ({ uid })),
    },
    ...(spec?.nodeName !== undefined && { spec: share({ nodeName: spec.nodeName }) }),
    status: share({
      ...pick({ phase, reason, message, startTime, containerStatuses, initContainerStatuses }),
      ...(telling.length > 0 && { conditions: telling.map(prunePodCondition) }),
    }),
  };
}

function pruneTemplate({
  name,
  image,
  command,
  args,
  resources,
}: ContainerObject): ContainerObject {
  const memory = resources?.limits?.['memory'];
  return {
    ...pick({ name, image: share(image), command, args }),
    ...(memory !== undefined && { resources: { limits: { memory } } }),
  };
}

function pruneMetadata(metadata: ObjectMeta): ObjectMeta {
  const { name, uid, resourceVersion, creationTimestamp, deletionTimestamp } = metadata;
  const labels = share(only(LABELS, metadata.labels));
  const annotations = only(ANNOTATIONS, metadata.annotations);
  return {
    name,
    uid,
    resourceVersion,
    ...pick({
      creationTimestamp: share(creationTimestamp),
      deletionTimestamp,
      labels,
      annotations,
    }),
  };
}

function only(
  keys: ReadonlySet<string>,
  values: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> | undefined {
  const kept = Object.entries(values).filter(([key]) => keys.has(key));
  if (kept.length === 0) return undefined;
  return Object.fromEntries(
    kept.map(([key, value]) => [key, isCommon(key) ? share(value) : value]),
  );
}

function isCommon(key: string): boolean {
  return key === OWN_LABELS.image || key === OWN_LABELS.workers;
}

function pruneStatus(status: NonNullable<JobObject['status']>): NonNullable<JobObject['status']> {
  const { conditions, startTime, completionTime, active, ready, terminating } = status;
  const { succeeded, failed, uncountedTerminatedPods } = status;
  const counts = { active, ready, terminating, succeeded, failed };
  return share({
    ...pick({ startTime, completionTime, ...counts, uncountedTerminatedPods }),
    ...(conditions !== undefined && { conditions: conditions.map(pruneCondition) }),
  });
}

function prunePodCondition(condition: Condition): Condition {
  const { lastTransitionTime, ...rest } = pruneCondition(condition);
  return share(TIMED.has(rest.type) ? { ...rest, ...pick({ lastTransitionTime }) } : rest);
}

function pruneCondition(condition: Condition): Condition {
  const { type, status, reason, message, lastTransitionTime } = condition;
  return { type, status, ...pick({ reason, message, lastTransitionTime }) };
}

function pruneContainer({ name, state }: ContainerStatus): ContainerStatus {
  return share({ name, ...(state !== undefined && { state: pruneState(state) }) });
}

function pruneState({ waiting, running, terminated }: ContainerState): ContainerState {
  if (waiting !== undefined) {
    const { reason, message } = waiting;
    return { waiting: pick({ reason, message }) };
  }
  if (running !== undefined) return { running: pick({ startedAt: running.startedAt }) };
  if (terminated === undefined) return {};
  const { exitCode, reason, message, startedAt, finishedAt } = terminated;
  return { terminated: { exitCode, ...pick({ reason, message, startedAt, finishedAt }) } };
}

/** Without what is absent. */
function pick<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const present = Object.entries(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries(present) as { [K in keyof T]?: Exclude<T[K], undefined> };
}

/** As many as may be alike within some seconds. */
const MAX_SHARED = 4_000;
const MAX_SHARED_CHARACTERS = 1_000;
const shared = new Map<string, unknown>();

/** What equals something that was kept lately is kept as that. */
function share<T>(part: T): T {
  if (part === undefined) return part;
  const key = JSON.stringify(part);
  const known = shared.get(key) as T | undefined;
  if (known !== undefined || key.length > MAX_SHARED_CHARACTERS) return known ?? part;
  if (shared.size >= MAX_SHARED) shared.clear();
  shared.set(key, part);
  return part;
}
