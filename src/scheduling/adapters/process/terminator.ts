import { setTimeout as sleep } from 'node:timers/promises';
import { backendUnavailable } from '../../domain/scheduling-errors.js';
import { readGroupMembers } from './cgroup-files.js';
import { assertInTime } from './deadline.js';
import { jobProcesses } from './job-processes.js';
import { hasErrno } from './process-errors.js';
import { descendants, isAlive, readProcessTable, type ProcessRow } from './process-table.js';
import type { ProcessIdentity } from './worker-facts.js';
import { cancelWorker, readSessionLeader, readWorker } from './worker-files.js';

/** Time between SIGTERM and SIGKILL: the data of a cancelled job is of no use. */
const GRACE_MS = 1_000;
/** When the supervisor itself is taken for stuck and killed with all that is below it. */
const FORCE_AFTER_MS = 6_000;
const GIVE_UP_AFTER_MS = 12_000;
const POLL_MS = 25;

/** What belongs to one worker. */
interface Target {
  readonly directory: string;
  readonly cgroups: readonly string[];
}

/** The processes of a worker at one moment. */
interface Sight {
  readonly rows: readonly ProcessRow[];
  readonly job: readonly ProcessRow[];
  /** If alive. */
  readonly supervisor: number | undefined;
}

/** Who has got which signal. */
interface Progress {
  readonly asked: Set<number>;
  readonly frozen: Set<number>;
}

/**
 * Ends a worker and returns when neither its processes nor its supervisor are alive; takes the right
 * to launch it when it has not been launched.
 * @throws DomainError retryable when processes are left
 */
export async function endWorker(target: Target, signal: AbortSignal): Promise<void> {
  if (await cancelWorker(target.directory)) return;
  const supervisor = (await readWorker(target.directory)).launch?.supervisor;
  const followed = new Map<number, string>();
  const progress: Progress = { asked: new Set(), frozen: new Set() };
  const start = Date.now();
  for (;;) {
    const sight = await look(target, supervisor, followed);
    if (sight.job.length === 0 && sight.supervisor === undefined) return;
    for (const { pid, startTime } of sight.job) followed.set(pid, startTime);
    const elapsed = Date.now() - start;
    if (elapsed > GIVE_UP_AFTER_MS) throw backendUnavailable('processes of the job do not end');
    act(sight, elapsed, progress);
    assertInTime(signal);
    await sleep(POLL_MS);
  }
}

async function look(
  { directory, cgroups }: Target,
  supervisor: ProcessIdentity | undefined,
  followed: ReadonlyMap<number, string>,
): Promise<Sight> {
  const [supervisorPid, leader] = await Promise.all([
    pidIfAlive(supervisor),
    pidIfAlive(await readSessionLeader(directory)),
  ]);
  const grouped = await readGroupMembers(cgroups);
  const rows = await readProcessTable();
  const job = jobProcesses(rows, { supervisor: supervisorPid, leader, grouped }, followed);
  return { rows, job, supervisor: supervisorPid };
}

/** Asks each process once; when the grace is over, freezes all of them, then kills. */
function act({ rows, job, supervisor }: Sight, elapsed: number, { asked, frozen }: Progress): void {
  if (elapsed < GRACE_MS) return sendOnce(job, 'SIGTERM', asked);
  const isForced = elapsed >= FORCE_AFTER_MS;
  // A process that is killed before its parent may be replaced by a child that nobody has seen.
  if (!isForced && !job.every(({ pid }) => frozen.has(pid)))
    return sendOnce(job, 'SIGSTOP', frozen);
  for (const { pid } of job) send(pid, 'SIGKILL');
  if (!isForced || supervisor === undefined) return;
  for (const { pid } of descendants(rows, new Set([supervisor]))) send(pid, 'SIGKILL');
  send(supervisor, 'SIGKILL');
}

function sendOnce(job: readonly ProcessRow[], signal: NodeJS.Signals, done: Set<number>): void {
  for (const { pid } of job) {
    if (done.has(pid)) continue;
    send(pid, signal);
    done.add(pid);
  }
}

async function pidIfAlive(identity: ProcessIdentity | undefined): Promise<number | undefined> {
  return identity !== undefined && (await isAlive(identity)) ? identity.pid : undefined;
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (!hasErrno(error, 'ESRCH', 'EPERM')) throw error;
  }
}
