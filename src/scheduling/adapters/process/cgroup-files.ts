import { mkdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CgroupPlan } from './cgroup-plan.js';
import { hasErrno } from './process-errors.js';

const REMOVE_ATTEMPTS = 40;
const REMOVE_PAUSE_MS = 25;

/** Makes a worker's control groups and sets their limits; may be repeated. */
export async function createCgroups(plan: CgroupPlan): Promise<void> {
  for (const directory of plan.directories) await mkdir(directory, { recursive: true });
  for (const { file, value, optional } of plan.writes) {
    try {
      // Never created: such a file is there or the kernel does not know it.
      await writeFile(file, value, { flag: 'r+' });
    } catch (error) {
      if (!optional || !hasErrno(error, 'ENOENT')) throw error;
    }
  }
}

/** Removes control groups whose processes have ended. */
export async function removeCgroups(directories: readonly string[]): Promise<void> {
  for (const directory of directories) await removeCgroup(directory);
}

/** The processes in these control groups, by number. */
export async function readGroupMembers(directories: readonly string[]): Promise<Set<number>> {
  const members = new Set<number>();
  for (const directory of directories) {
    const text = await readFile(`${directory}/cgroup.procs`, 'utf8').catch(() => '');
    for (const line of text.split('\n')) if (line !== '') members.add(Number(line));
  }
  return members;
}

async function removeCgroup(directory: string): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await rmdir(directory);
      return;
    } catch (error) {
      if (hasErrno(error, 'ENOENT')) return;
      // The kernel takes a moment to forget the last process.
      if (!hasErrno(error, 'EBUSY') || attempt === REMOVE_ATTEMPTS) throw error;
      await sleep(REMOVE_PAUSE_MS);
    }
  }
}
