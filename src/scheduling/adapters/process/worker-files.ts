import { randomUUID } from 'node:crypto';
import { link, readFile, stat, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hasErrno } from './process-errors.js';
import { isAlive } from './process-table.js';
import {
  parseEnd,
  parseIdentity,
  type ProcessIdentity,
  type WorkerFacts,
  type WorkerLaunch,
} from './worker-facts.js';

interface Dated {
  readonly text: string;
  /** ISO 8601. */
  readonly at: string;
}

/** Reads what is known of a worker now. @param directory the worker's own */
export async function readWorker(directory: string): Promise<WorkerFacts> {
  const launch = await readLaunch(directory);
  const supervised = launch?.supervisor !== undefined && (await isAlive(launch.supervisor));
  const cancelled = (await readDated(join(directory, 'cancelled'))) !== undefined;
  // Last: a supervisor seen dead has written its end before.
  const end = await readDated(join(directory, 'end'));
  return {
    launch,
    supervised,
    cancelled,
    end: end === undefined ? undefined : parseEnd(end.text, end.at),
  };
}

/**
 * Notes that the worker's end was asked for and takes the right to launch it.
 * @returns true when it had not been launched, and now cannot be
 */
export async function cancelWorker(directory: string): Promise<boolean> {
  const own = join(directory, `claim.${randomUUID()}`);
  try {
    await writeFile(join(directory, 'cancelled'), '');
    await writeFile(own, 'cancelled\n');
    await link(own, join(directory, 'launched'));
    return true;
  } catch (error) {
    if (hasErrno(error, 'EEXIST')) return false;
    throw error;
  } finally {
    await unlink(own).catch(() => undefined);
  }
}

/** Whether somebody has the right to launch this worker already. */
export async function isLaunched(directory: string): Promise<boolean> {
  return (await readDated(join(directory, 'launched'))) !== undefined;
}

/** The leader of the job's session, where no namespace holds the job. */
export async function readSessionLeader(directory: string): Promise<ProcessIdentity | undefined> {
  const session = await readDated(join(directory, 'session'));
  return session === undefined ? undefined : parseIdentity(session.text);
}

async function readLaunch(directory: string): Promise<WorkerLaunch | undefined> {
  const launched = await readDated(join(directory, 'launched'));
  if (launched === undefined) return undefined;
  return { at: launched.at, supervisor: parseIdentity(launched.text) };
}

/** A file that is written once, and when that was. */
async function readDated(path: string): Promise<Dated | undefined> {
  try {
    const { mtime } = await stat(path);
    return { text: await readFile(path, 'utf8'), at: mtime.toISOString() };
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
}
