/** What a worker's directory and the process table tell of it at one moment. */
export interface WorkerFacts {
  readonly launch: WorkerLaunch | undefined;
  readonly end: WorkerEnd | undefined;
  /** Whether the supervisor is alive now. */
  readonly supervised: boolean;
  /** Whether its end was asked for. */
  readonly cancelled: boolean;
}

export interface WorkerLaunch {
  /** ISO 8601. */
  readonly at: string;
  /** Absent: the right to launch was taken away, nothing ran. */
  readonly supervisor: ProcessIdentity | undefined;
}

/** One process for ever: numbers are reused, but not with the same start in the same boot. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks since boot; field 22 of /proc/PID/stat. */
  readonly startTime: string;
  readonly bootId: string;
}

export interface WorkerEnd {
  /** ISO 8601. */
  readonly at: string;
  readonly exitCode: number;
  readonly phase: EndPhase;
  readonly outOfMemoryKills: number;
}

/** How far a worker came: `mount` and `limits` failed before the command ran. */
export type EndPhase = (typeof END_PHASES)[number];

const END_PHASES = ['ran', 'cancelled', 'mount', 'limits'] as const;
const OUT_OF_MEMORY_KILLS = /^oom_kill (\d+)$/m;

/** The line `pid start-time boot-id` that a supervisor writes of itself. */
export function parseIdentity(text: string): ProcessIdentity | undefined {
  const match = /^(\d+) (\d+) (\S+)\n/.exec(text);
  const [, pid, startTime, bootId] = match ?? [];
  if (pid === undefined || startTime === undefined || bootId === undefined) return undefined;
  return { pid: Number(pid), startTime, bootId };
}

/**
 * Exit code, phase, then the control group's counters, each on lines of their own.
 * @returns nothing for a file that a crash of the machine has cut
 */
export function parseEnd(text: string, at: string): WorkerEnd | undefined {
  const match = /^(\d+)\n(\w+)\n/.exec(text);
  const phase = END_PHASES.find((known) => known === match?.[2]);
  if (match === null || phase === undefined) return undefined;
  const kills = OUT_OF_MEMORY_KILLS.exec(text)?.[1];
  return { at, exitCode: Number(match[1]), phase, outOfMemoryKills: Number(kills ?? 0) };
}
