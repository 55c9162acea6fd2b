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

/** Groups our containers by job; a job without its first worker is not complete and not listed. */
export function toListedJobs(containers: readonly ContainerInfo[]): readonly ListedJob[] {
  const jobs = new Map<JobName, (WorkerMark | undefined)[]>();
  for (const { Id, Labels, Names, State } of containers) {
    const name = parseJobName(Labels[OWN_LABELS.jid] ?? '');
    const worker = Number(Labels[OWN_LABELS.worker]);
    if (name === undefined || !hasName(Names, containerName(name, worker))) continue;
    const workers = jobs.get(name) ?? absentWorkers(Labels);
    workers[worker] = { id: Id, state: State };
    jobs.set(name, workers);
  }
  return [...jobs]
    .filter(([, workers]) => workers[0] !== undefined)
    .map(([name, workers]) => ({ name, mark: markOf(workers) }));
}

function absentWorkers(labels: Readonly<Record<string, string>>): undefined[] {
  return Array.from({ length: parseWorkers(labels) }, () => undefined);
}

/** Docker puts a slash before a name. */
function hasName(names: readonly string[], name: string): boolean {
  return names.some((given) => given.replace(/^\//, '') === name);
}
