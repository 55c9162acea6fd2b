import type { SwarmService, SwarmTask } from '../../../clients/docker-engine/swarm-engine.js';
import type { FailureReason } from '../../domain/failure-reason.js';
import type { Job, JobState } from '../../domain/job.js';
import { withoutHostPaths, type SeenPath } from '../../domain/host-paths.js';
import type { JobName } from '../../domain/job-name.js';
import { MANAGED_BY, OWN_LABELS, parseWorkers } from '../../domain/own-labels.js';
import type { SpecHash } from '../../domain/spec-hash.js';
import { deadlineOf, parseTimeLimit, timeLimitFailure } from '../../domain/time-limit.js';
import { aggregateWorkers } from '../../domain/worker-state.js';
import { serviceName } from './swarm-names.js';
import { ENTRYPOINT_REPLACED } from './swarm-request.js';
import { taskToState, type WorkerLimits } from './swarm-status.js';

/** Value of the label of a job that is being removed: it is no job any more. */
export const REMOVED = 'removed';

/** A service as it was made, or as it is found. */
type MadeService = Pick<SwarmService, 'ID' | 'Spec'>;

interface ContainerSpec {
  readonly Image?: string;
  readonly Command?: readonly string[];
  readonly Args?: readonly string[];
  readonly Mounts?: readonly { readonly Source?: string; readonly Target: string }[];
}

interface TaskTemplate {
  readonly ContainerSpec?: ContainerSpec;
  readonly Resources?: { readonly Limits?: { readonly MemoryBytes?: number } };
}

/**
 * Whether a service is a job of ours: by label and by exact name, because the engine also finds
 * services by id and by id prefix.
 */
export function isJob({ Spec }: SwarmService, job: JobName): boolean {
  return (
    Spec.Name === serviceName(job) &&
    labelsOf(Spec)[OWN_LABELS.managedBy] === MANAGED_BY &&
    labelsOf(Spec)[OWN_LABELS.jid] === job
  );
}

export function isBeingRemoved({ Spec }: SwarmService): boolean {
  return labelsOf(Spec)[OWN_LABELS.ended] === REMOVED;
}

export function specHashOf({ Spec }: MadeService): SpecHash {
  return (labelsOf(Spec)[OWN_LABELS.specHash] ?? '') as SpecHash;
}

/** The log that was kept when the job was ended from outside. */
export function keptLogOf({ Spec }: SwarmService): string | undefined {
  return labelsOf(Spec)[OWN_LABELS.log];
}

/** The newest task of each worker, in order; absent where the swarm has made none yet. */
export function newestTasks(
  service: MadeService,
  tasks: readonly SwarmTask[],
): readonly (SwarmTask | undefined)[] {
  const newest = new Map<number, SwarmTask>();
  for (const task of tasks) {
    if (task.ServiceID !== service.ID) continue;
    const known = newest.get(task.Slot);
    if (known === undefined || task.Version.Index > known.Version.Index) {
      newest.set(task.Slot, task);
    }
  }
  const workers = parseWorkers(labelsOf(service.Spec));
  return Array.from({ length: workers }, (_, worker) => newest.get(worker + 1));
}

/** The mark of a job: its service, how it was ended, and its workers' tasks, with all that makes their states. */
export function markOf(service: MadeService, tasks: readonly (SwarmTask | undefined)[]): string {
  const words = tasks.map((task) =>
    task === undefined
      ? '-'
      : [task.ID, task.DesiredState, task.Status.State, task.Status.Err].join(':'),
  );
  return [service.ID, labelsOf(service.Spec)[OWN_LABELS.ended] ?? '', ...words].join(' ');
}

/** @param all every task of the service, or of the swarm */
export function toJob(name: JobName, service: MadeService, all: readonly SwarmTask[]): Job {
  const tasks = newestTasks(service, all);
  const labels = labelsOf(service.Spec);
  const { ContainerSpec = {}, Resources } = service.Spec.TaskTemplate as TaskTemplate;
  const time = parseTimeLimit(labels[OWN_LABELS.timeLimit]);
  const limits = { memory: Resources?.Limits?.MemoryBytes ?? 0, time };
  const state = endedState(service, limits) ?? aggregateWorkers(statesOf(service, tasks, limits));
  const deadline =
    state.status === 'started' && time !== undefined
      ? deadlineOf(state.timestamp, time)
      : undefined;
  return {
    name,
    specHash: specHashOf(service),
    incarnation: service.ID,
    mark: markOf(service, tasks),
    image: labels[OWN_LABELS.image] ?? ContainerSpec.Image ?? '',
    command: commandOf(ContainerSpec, labels),
    state: { ...state, message: withoutHostPaths(state.message, pathsOf(ContainerSpec)) },
    ...(deadline !== undefined && { deadline }),
  };
}

/** The swarm's words name what could not be mounted by its path on the node. */
function pathsOf({ Mounts = [] }: ContainerSpec): readonly SeenPath[] {
  return Mounts.flatMap(({ Source: source = '', Target: target }) =>
    source === '' ? [] : [{ source, target }],
  );
}

function statesOf(
  service: MadeService,
  tasks: readonly (SwarmTask | undefined)[],
  limits: WorkerLimits,
): readonly JobState[] {
  const isScaledDown = (replicasOf(service) ?? tasks.length) < tasks.length;
  return tasks.map((task) =>
    task === undefined && isScaledDown ? takenAway(service) : taskToState(task, limits),
  );
}

/** Somebody else has told the swarm to run fewer tasks than the job has workers: none will follow. */
function takenAway(service: MadeService): JobState {
  const message = 'cancelled: its service was scaled down';
  const timestamp = updatedAt(service);
  return { status: 'finishedWithError', reason: 'Cancelled', message, timestamp };
}

function replicasOf({ Spec }: MadeService): number | undefined {
  const { Mode } = Spec as {
    readonly Mode?: { readonly Replicated?: { readonly Replicas?: number } };
  };
  return Mode?.Replicated?.Replicas;
}

/** When somebody last changed what the swarm is to run; absent before it has been made. */
export function updatedAt(service: MadeService): string {
  return (service as { readonly UpdatedAt?: string }).UpdatedAt ?? '';
}

/** A job that was ended from outside has no tasks any more. */
function endedState(service: MadeService, { time }: WorkerLimits): JobState | undefined {
  const reason = labelsOf(service.Spec)[OWN_LABELS.ended] as FailureReason | undefined;
  if (reason === undefined) return undefined;
  const failure =
    reason === 'TimeLimit' && time !== undefined
      ? timeLimitFailure(time)
      : { reason: 'Cancelled' as const, message: 'cancelled' };
  return { status: 'finishedWithError', ...failure, timestamp: updatedAt(service) };
}

/** What the job was asked to run: Args, or Command and Args where we replaced the ENTRYPOINT. */
function commandOf(
  { Command = [], Args = [] }: ContainerSpec,
  labels: Readonly<Record<string, string>>,
): readonly string[] {
  const replaced = labels[OWN_LABELS.entrypoint] === ENTRYPOINT_REPLACED;
  return [...(replaced ? Command : []), ...Args];
}

export function labelsOf(spec: SwarmService['Spec']): Readonly<Record<string, string>> {
  return (spec as { readonly Labels?: Readonly<Record<string, string>> }).Labels ?? {};
}
