import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseJobName, type JobName } from '../../domain/job-name.js';
import { hasErrno, parseEnd, parseLaunched, type WorkerFacts } from './worker-files.js';
import { parseRecord, type JobRecord } from './job-record.js';

/** Longer than any submission takes. */
const LOCK_STALE_MS = 60_000;

/** A job's record and what has been written beside it. */
export interface StoredJob {
  readonly record: JobRecord;
  /** The batch system's id of the job; absent while its submission is not confirmed. */
  readonly job: string | undefined;
  readonly stopRequested: boolean;
  readonly workers: readonly WorkerFacts[];
}

/**
 * The jobs' records: a folder each, on storage that the nodes share. A folder appears whole by one
 * rename and goes by another, so a name is free or taken and never in between.
 */
export class JobRecords {
  private readonly token = randomUUID();

  constructor(private readonly root: string) {}

  folder(name: JobName): string {
    return join(this.root, 'jobs', name);
  }

  /** @returns false when there is a job of that name already */
  async claim(record: JobRecord): Promise<boolean> {
    const made = join(this.root, 'tmp', randomUUID());
    await mkdir(join(this.root, 'jobs'), { recursive: true, mode: 0o700 });
    await mkdir(made, { recursive: true, mode: 0o700 });
    try {
      await writeFile(join(made, 'record.json'), JSON.stringify(record), { mode: 0o600 });
      await writeFile(join(made, `run.${record.runId}`), '');
      await rename(made, this.folder(record.spec.name));
      return true;
    } catch (error) {
      if (hasErrno(error, 'ENOTEMPTY', 'EEXIST')) return false;
      throw error;
    } finally {
      await rm(made, { recursive: true, force: true });
    }
  }

  async find(name: JobName): Promise<StoredJob | undefined> {
    const folder = this.folder(name);
    const text = await readIfPresent(join(folder, 'record.json'));
    const record = text === undefined ? undefined : parseRecord(text);
    if (record === undefined || record.spec.name !== name) return undefined;
    const job = (await readIfPresent(join(folder, 'submitted')))?.trim();
    const stopRequested = (await readIfPresent(join(folder, 'cancelled'))) !== undefined;
    const numbers = Array.from({ length: record.spec.workers }, (_, index) => index + 1);
    const workers = await Promise.all(numbers.map((worker) => readWorker(folder, worker)));
    return { record, job, stopRequested, workers };
  }

  /** @returns a mark of each record, which differs for another run of the same name */
  async list(): Promise<ReadonlyMap<JobName, string>> {
    const marks = new Map<JobName, string>();
    for (const entry of await namesIn(join(this.root, 'jobs'))) {
      const name = parseJobName(entry);
      if (name === undefined) continue;
      const found = await stat(join(this.folder(name), 'record.json')).catch(() => undefined);
      if (found !== undefined) marks.set(name, `${found.ino}:${found.mtimeMs}`);
    }
    return marks;
  }

  /**
   * Takes the right to submit a job.
   * @returns `first` when nobody can have submitted it, `again` when somebody may have without a
   *   confirmation, `taken` while another service is about to
   */
  async lock(name: JobName): Promise<'first' | 'again' | 'taken'> {
    const path = join(this.folder(name), 'submitting');
    try {
      await writeFile(path, this.token, { flag: 'wx' });
      return 'first';
    } catch (error) {
      if (!hasErrno(error, 'EEXIST')) throw error;
    }
    const owner = await readFile(path, 'utf8');
    const { mtimeMs } = await stat(path);
    if (owner !== this.token && Date.now() - mtimeMs < LOCK_STALE_MS) return 'taken';
    await utimes(path, new Date(), new Date());
    return 'again';
  }

  async confirm(name: JobName, job: string): Promise<void> {
    await this.write(name, 'submitted', job);
  }

  /** From now on no worker begins. */
  async requestStop(name: JobName): Promise<void> {
    await this.write(name, 'cancelled', '');
  }

  /** @returns false when somebody else was faster */
  async forget(name: JobName): Promise<boolean> {
    const away = join(this.root, 'tmp', randomUUID());
    await mkdir(join(this.root, 'tmp'), { recursive: true, mode: 0o700 });
    try {
      await rename(this.folder(name), away);
    } catch (error) {
      if (hasErrno(error, 'ENOENT')) return false;
      throw error;
    }
    await rm(away, { recursive: true, force: true, maxRetries: 3 });
    return true;
  }

  /** That the folder can be written to. */
  async probe(): Promise<void> {
    const probe = join(this.root, 'tmp', randomUUID());
    await mkdir(probe, { recursive: true, mode: 0o700 });
    await rm(probe, { recursive: true, force: true });
  }

  private async write(name: JobName, file: string, text: string): Promise<void> {
    const folder = this.folder(name);
    const made = join(folder, `${file}.${randomUUID()}`);
    await writeFile(made, text);
    await rename(made, join(folder, file));
  }
}

async function readWorker(folder: string, worker: number): Promise<WorkerFacts> {
  const read = (kind: string): Promise<string | undefined> =>
    readIfPresent(join(folder, `${kind}.${worker}`));
  // The end last: what is seen running cannot have ended before.
  const launched = parseLaunched((await read('launched')) ?? '');
  const startedAt = (await read('started'))?.trim();
  const end = parseEnd((await read('end')) ?? '');
  const isCleared = end !== undefined && (await read('cleared')) !== undefined;
  return { launched, startedAt, end, isCleared };
}

async function readIfPresent(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return [];
    throw error;
  }
}
