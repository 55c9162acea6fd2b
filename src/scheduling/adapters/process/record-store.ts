import { randomUUID } from 'node:crypto';
import { mkdir, open, readFile, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { JobName } from '../../domain/job-name.js';
import { parseRecord, type JobRecord } from './job-record.js';
import { hasErrno } from './process-errors.js';
import { recordName } from './record-names.js';

/** What stands under a job's name. */
export type Found =
  | { readonly kind: 'record'; readonly record: JobRecord }
  | { readonly kind: 'foreign' }
  | { readonly kind: 'none' };

/** One directory of a job. */
export interface RecordEntry {
  readonly directory: string;
  /** Another one when the directory was made anew. */
  readonly identity: string;
}

const RECORD_FILE = 'record.json';
/** Only the service may look: a record names directories and commands. */
const PRIVATE = 0o700;
/** What is older was left by a crash. */
const LEFTOVER_AGE_MS = 60 * 60 * 1000;

/**
 * The records of all jobs: `jobs/<name>/record.json` beside one directory a worker. A record comes into
 * being and goes by one rename, so that any number of services may share the directory.
 */
export class RecordStore {
  constructor(private readonly root: string) {}

  /** Holds one file a job, touched when the job begins and ends. */
  get hints(): string {
    return join(this.root, 'hints');
  }

  hintFile(name: JobName): string {
    return join(this.hints, recordName(name));
  }

  /** Where one run of a worker keeps its files; an earlier run of the same name has others. */
  workerDirectory(name: JobName, runId: string, worker: number): string {
    return join(this.jobDirectory(name), `${runId}.${worker}`);
  }

  /** @returns false when the name is taken */
  async claim(record: JobRecord): Promise<boolean> {
    const { name, workers } = record.spec;
    await this.prepare();
    const draft = join(this.temporary, randomUUID());
    await mkdir(draft, { mode: PRIVATE });
    try {
      for (let worker = 1; worker <= workers; worker += 1) {
        await mkdir(join(draft, `${record.runId}.${worker}`), { mode: PRIVATE });
      }
      await writeDurably(join(draft, RECORD_FILE), JSON.stringify(record));
      // Refused by the system when a directory with content is there.
      await rename(draft, this.jobDirectory(name));
      return true;
    } catch (error) {
      await discard(draft);
      if (hasErrno(error, 'ENOTEMPTY', 'EEXIST', 'ENOTDIR')) return false;
      throw error;
    }
  }

  async find(name: JobName): Promise<Found> {
    const record = await this.readEntry(recordName(name));
    if (record?.spec.name === name) return { kind: 'record', record };
    return { kind: (await exists(this.jobDirectory(name))) ? 'foreign' : 'none' };
  }

  async list(): Promise<readonly RecordEntry[]> {
    const names = await readdir(this.jobs).catch(nothingThere);
    const entries = await Promise.all(
      names.map(async (directory) => {
        const found = await stat(join(this.jobs, directory), { bigint: true }).catch(
          () => undefined,
        );
        return found && { directory, identity: `${found.ino}.${found.birthtimeNs}` };
      }),
    );
    return entries.filter((entry) => entry !== undefined);
  }

  /** The record in a directory of the list, unless it is gone or not ours. */
  async readEntry(directory: string): Promise<JobRecord | undefined> {
    try {
      const text = await readFile(join(this.jobs, directory, RECORD_FILE), 'utf8');
      const record = parseRecord(text);
      return record !== undefined && recordName(record.spec.name) === directory
        ? record
        : undefined;
    } catch (error) {
      if (hasErrno(error, 'ENOENT', 'ENOTDIR')) return undefined;
      throw error;
    }
  }

  /** Forgets a job that has no processes any more. @returns false when somebody else has */
  async forget(name: JobName): Promise<boolean> {
    const discarded = join(this.temporary, randomUUID());
    try {
      await rename(this.jobDirectory(name), discarded);
    } catch (error) {
      if (hasErrno(error, 'ENOENT')) return false;
      throw error;
    }
    await discard(discarded);
    await discard(this.hintFile(name));
    return true;
  }

  /** Makes the directories and clears what crashes have left. */
  async prepare(): Promise<void> {
    await mkdir(this.jobs, { recursive: true, mode: PRIVATE });
    await mkdir(this.hints, { recursive: true, mode: PRIVATE });
    await mkdir(this.temporary, { recursive: true, mode: PRIVATE });
    const oldest = Date.now() - LEFTOVER_AGE_MS;
    for (const name of await readdir(this.temporary)) {
      const path = join(this.temporary, name);
      const age = await modificationTime(path);
      if (age !== undefined && age < oldest) await discard(path);
    }
  }

  private get jobs(): string {
    return join(this.root, 'jobs');
  }

  private get temporary(): string {
    return join(this.root, 'tmp');
  }

  private jobDirectory(name: JobName): string {
    return join(this.jobs, recordName(name));
  }
}

async function writeDurably(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Before the first job there is no directory. */
function nothingThere(error: unknown): string[] {
  if (hasErrno(error, 'ENOENT')) return [];
  throw error;
}

/** Another service may clear the same leftovers. */
async function discard(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true, maxRetries: 3 });
}

async function exists(path: string): Promise<boolean> {
  return (await modificationTime(path)) !== undefined;
}

async function modificationTime(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).mtimeMs;
  } catch {
    return undefined;
  }
}
