import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { JobName } from '../../domain/job-name.js';
import { parseRecord, type JobRecord } from './job-record.js';
import type { StoredJob } from './stored-job.js';
import { hasErrno, parseEnd, parseLaunched, type WorkerFacts } from './worker-files.js';

/** What has been read of a run; nothing of it changes once it is there. */
interface KnownRun {
  readonly record: JobRecord;
  job: string | undefined;
  readonly workers: Omit<WorkerFacts, 'isCleared'>[];
}

/** A name may have gone to another run while its record was read. */
const MAX_TRIES = 3;
const RUN_FILE = /^run\.(.+)$/;

/**
 * Reads the folders of jobs. What has once been read of a run is not read again, so a job that nothing
 * happens to costs one look into its folder.
 */
export class RecordReader {
  private readonly known = new Map<JobName, KnownRun>();

  async read(folder: string, name: JobName): Promise<StoredJob | undefined> {
    for (let tries = 0; tries < MAX_TRIES; tries += 1) {
      const files = new Set(await namesIn(folder));
      const runId = runIn(files);
      if (runId === undefined) return undefined;
      const run = this.known.get(name) ?? (await readRun(folder, name));
      if (run?.record.runId === runId) {
        this.known.set(name, run);
        return toStored(folder, files, run);
      }
      this.known.delete(name);
    }
    return undefined;
  }

  /** Forgets what is known of all jobs but these. */
  keepOnly(names: ReadonlySet<JobName>): void {
    for (const name of this.known.keys()) if (!names.has(name)) this.known.delete(name);
  }
}

function runIn(files: Iterable<string>): string | undefined {
  for (const file of files) {
    const run = RUN_FILE.exec(file)?.[1];
    if (run !== undefined) return run;
  }
  return undefined;
}

async function readRun(folder: string, name: JobName): Promise<KnownRun | undefined> {
  const record = parseRecord((await readIfPresent(join(folder, 'record.json'))) ?? '');
  if (record === undefined || record.spec.name !== name) return undefined;
  const workers = Array.from({ length: record.spec.workers }, () => ({
    launched: undefined,
    startedAt: undefined,
    end: undefined,
  }));
  return { record, job: undefined, workers };
}

async function toStored(
  folder: string,
  files: ReadonlySet<string>,
  run: KnownRun,
): Promise<StoredJob> {
  const read = async (file: string): Promise<string | undefined> =>
    files.has(file) ? readIfPresent(join(folder, file)) : undefined;
  run.job ??= (await read('submitted'))?.trim();
  const workers = await Promise.all(
    run.workers.map(async (known, index): Promise<WorkerFacts> => {
      const worker = index + 1;
      const launched = known.launched ?? parseLaunched((await read(`launched.${worker}`)) ?? '');
      const startedAt = known.startedAt ?? (await read(`started.${worker}`))?.trim();
      const end = known.end ?? parseEnd((await read(`end.${worker}`)) ?? '');
      run.workers[index] = { launched, startedAt, end };
      const isCleared = end !== undefined && files.has(`cleared.${worker}`);
      return { launched, startedAt, end, isCleared };
    }),
  );
  const { record, job } = run;
  return { record, job, stopRequested: files.has('cancelled'), workers };
}

/** No names where there is no folder. */
export async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return [];
    throw error;
  }
}

async function readIfPresent(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
}
