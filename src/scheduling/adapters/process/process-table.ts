import { readdir, readFile } from 'node:fs/promises';
import type { ProcessIdentity } from './worker-facts.js';

/** One row of the host's process table. */
export interface ProcessRow {
  readonly pid: number;
  readonly parent: number;
  readonly session: number;
  readonly startTime: string;
  /** Has ended and waits to be reaped. */
  readonly ended: boolean;
}

/** Fields of /proc/PID/stat counted after the command's name; source: proc_pid_stat(5). */
const STATE = 0;
const PARENT = 1;
const SESSION = 3;
const START_TIME = 19;

/** @returns nothing for text that is no line of /proc/PID/stat */
export function parseStat(text: string): ProcessRow | undefined {
  // The name stands in parentheses and may hold any character, parentheses and spaces too.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const state = fields[STATE];
  const startTime = fields[START_TIME];
  if (state === undefined || startTime === undefined) return undefined;
  return {
    pid: Number.parseInt(text, 10),
    parent: Number(fields[PARENT]),
    session: Number(fields[SESSION]),
    startTime,
    ended: state === 'Z' || state === 'X',
  };
}

async function readProcess(pid: number): Promise<ProcessRow | undefined> {
  try {
    return parseStat(await readFile(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return undefined;
  }
}

/** Every process that has not ended. */
export async function readProcessTable(): Promise<readonly ProcessRow[]> {
  const names = await readdir('/proc');
  const pids = names.filter((name) => /^\d+$/.test(name)).map(Number);
  const rows = await Promise.all(pids.map(readProcess));
  return rows.filter((row) => row !== undefined).filter((row) => !row.ended);
}

let bootId: Promise<string> | undefined;

async function readBootId(): Promise<string> {
  return (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
}

export async function isAlive(identity: ProcessIdentity): Promise<boolean> {
  bootId ??= readBootId();
  if ((await bootId) !== identity.bootId) return false;
  const row = await readProcess(identity.pid);
  return row !== undefined && !row.ended && row.startTime === identity.startTime;
}

/** All processes below those in `roots`, not the roots themselves. */
export function descendants(
  rows: readonly ProcessRow[],
  roots: ReadonlySet<number>,
): readonly ProcessRow[] {
  const children = new Map<number, ProcessRow[]>();
  for (const row of rows) children.set(row.parent, [...(children.get(row.parent) ?? []), row]);
  const found = new Map<number, ProcessRow>();
  const open = [...roots];
  for (let pid = open.pop(); pid !== undefined; pid = open.pop()) {
    for (const child of children.get(pid) ?? []) {
      if (found.has(child.pid) || roots.has(child.pid)) continue;
      found.set(child.pid, child);
      open.push(child.pid);
    }
  }
  return [...found.values()];
}
