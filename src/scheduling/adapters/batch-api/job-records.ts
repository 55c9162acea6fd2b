import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseJobName, type JobName } from '../../domain/job-name.js';
import type { JobRecord } from './job-record.js';
import { namesIn, RecordReader } from './record-reader.js';
import type { StoredJob } from './stored-job.js';
import { unlessHung } from './storage-deadline.js';
import { hasErrno } from './worker-files.js';

/** Longer than any submission takes. */
const LOCK_STALE_MS = 60_000;

/**
 * The jobs' records: a folder each, on storage that the nodes share. A folder appears whole by one
 * rename and goes by another, so a name is free or taken and never in between. Every call ends with its
 * signal at the latest; what it was about to do may still happen.
 */
export class JobRecords {
  private readonly token = randomUUID();
  private readonly reader = new RecordReader();

  constructor(private readonly root: string) {}

  folder(name: JobName): string {
    return join(this.root, 'jobs', name);
  }

  /** @returns false when there is a job of that name already */
  claim(record: JobRecord, signal: AbortSignal): Promise<boolean> {
    return unlessHung(this.make(record), signal);
  }

  find(name: JobName, signal: AbortSignal): Promise<StoredJob | undefined> {
    return unlessHung(this.reader.read(this.folder(name), name), signal);
  }

  /** The names of all jobs. */
  list(signal: AbortSignal): Promise<ReadonlySet<JobName>> {
    return unlessHung(this.names(), signal);
  }

  /**
   * Takes the right to submit a job.
   * @returns `first` when nobody can have submitted it, `again` when somebody may have without a
   *   confirmation, `taken` while another service is about to
   */
  lock(name: JobName, signal: AbortSignal): Promise<'first' | 'again' | 'taken'> {
    return unlessHung(this.take(name), signal);
  }

  confirm(name: JobName, job: string, signal: AbortSignal): Promise<void> {
    return unlessHung(this.write(name, 'submitted', job), signal);
  }

  /** From now on no worker begins. */
  requestStop(name: JobName, signal: AbortSignal): Promise<void> {
    return unlessHung(this.write(name, 'cancelled', ''), signal);
  }

  /** @returns false when somebody else was faster */
  forget(name: JobName, signal: AbortSignal): Promise<boolean> {
    return unlessHung(this.clear(name), signal);
  }

  /** That the folder can be written to. */
  probe(signal: AbortSignal): Promise<void> {
    return unlessHung(this.tryOut(), signal);
  }

  private async make(record: JobRecord): Promise<boolean> {
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

  private async names(): Promise<ReadonlySet<JobName>> {
    const entries = await namesIn(join(this.root, 'jobs'));
    const names = new Set(entries.flatMap((entry) => parseJobName(entry) ?? []));
    this.reader.keepOnly(names);
    return names;
  }

  private async take(name: JobName): Promise<'first' | 'again' | 'taken'> {
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

  private async clear(name: JobName): Promise<boolean> {
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

  private async tryOut(): Promise<void> {
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
