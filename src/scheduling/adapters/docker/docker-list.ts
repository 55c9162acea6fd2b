import type { ContainerInfo } from 'dockerode';
import { parseJobName, type JobName } from '../../domain/job-name.js';
import { OWN_LABELS, parseWorkers } from '../../domain/own-labels.js';
import type { ListedJob } from '../../domain/scheduler.port.js';
import { containerName } from './docker-names.js';

/** What of a container tells one state of it from the next. */
interface WorkerMark {
  readonly id: string;
  readonly state: string;
}

/** The mark of a job: its workers' containers and state words, in order. */
export function markOf(workers: readonly (WorkerMark | undefined)[]): string {
  return workers.map((worker) => (worker ? `${worker.id}:${worker.state}` : 'gone')).join(',');
}

/** What is kept of a container in a list: there may be ten thousand. */
export interface ListedContainer extends WorkerMark {
  /** The job whose name and label it has; absent where somebody else has copied our labels. */
  readonly job: JobName | undefined;
  readonly worker: number;
  readonly workers: number;
}

export function toListedContainer({ Id, Labels, Names, State }: ContainerInfo): ListedContainer {
  const name = parseJobName(Labels[OWN_LABELS.jid] ?? '');
  const worker = Number(Labels[OWN_LABELS.worker]);
  const isJobs = name !== undefined && hasName(Names, containerName(name, worker));
  return {
    id: Id,
    state: State,
    job: isJobs ? name : undefined,
    worker,
    workers: parseWorkers(Labels),
  };
}

/** Groups our containers by job; a job without its first worker is not complete and not listed. */
export function toListedJobs(containers: readonly ListedContainer[]): readonly ListedJob[] {
  const jobs = new Map<JobName, (WorkerMark | undefined)[]>();
  for (const container of containers) {
    if (container.job === undefined) continue;
    const workers = jobs.get(container.job) ?? absentWorkers(container);
    workers[container.worker] = container;
    jobs.set(container.job, workers);
  }
  return [...jobs]
    .filter(([, workers]) => workers[0] !== undefined)
    .map(([name, workers]) => ({ name, mark: markOf(workers) }));
}

function absentWorkers({ workers }: ListedContainer): undefined[] {
  return Array.from({ length: workers }, () => undefined);
}

/** Docker puts a slash before a name. */
function hasName(names: readonly string[], name: string): boolean {
  return names.some((given) => given.replace(/^\//, '') === name);
}
