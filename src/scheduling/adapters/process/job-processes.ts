import { descendants, type ProcessRow } from './process-table.js';

/** By what the processes of one worker are found. */
export interface Anchors {
  /** Process number, if alive. */
  readonly supervisor: number | undefined;
  /** Leader of the job's session where no namespace holds the job, if alive. */
  readonly leader: number | undefined;
  /** Members of the worker's control groups. */
  readonly grouped: ReadonlySet<number>;
}

/** Start times of the processes that were seen before: they are followed wherever they go. */
export type Followed = ReadonlyMap<number, string>;

/** The session of processes whose session leader lies outside of the service's container. */
const UNKNOWN_SESSION = 0;

/**
 * The job's own processes: all below the anchors, all that share a session with one of those, all that
 * were seen before, and the members of the control groups. What is in the supervisor's own session is
 * not the job's: the log's helpers and the first process of the namespaces.
 */
export function jobProcesses(
  rows: readonly ProcessRow[],
  { supervisor, leader, grouped }: Anchors,
  followed: Followed,
): readonly ProcessRow[] {
  const own = rows.filter(({ session }) => session !== supervisor);
  const seen = own.filter(
    ({ pid, startTime }) => followed.get(pid) === startTime || pid === leader,
  );
  const roots = new Set(seen.map(({ pid }) => pid));
  if (supervisor !== undefined) roots.add(supervisor);
  const pids = new Set(descendants(rows, roots).map(({ pid }) => pid));
  for (const { pid } of seen) pids.add(pid);
  const sessions = new Set(own.filter(({ pid }) => pids.has(pid)).map(({ session }) => session));
  sessions.delete(UNKNOWN_SESSION);
  return own.filter(
    ({ pid, session }) => pids.has(pid) || sessions.has(session) || grouped.has(pid),
  );
}
