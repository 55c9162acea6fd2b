import { isFinal } from '../../domain/job-status.js';
import type { ListedJob } from '../../domain/scheduler.port.js';
import type { JobRecord } from './job-record.js';
import type { RecordEntry, RecordStore } from './record-store.js';
import { markOf, workerStates, type SeenJob } from './seen-job.js';

/** Each look opens some files: not too many at once. */
const PARALLEL_LOOKS = 32;

interface Finished {
  readonly identity: string;
  readonly job: ListedJob;
}

/** Lists all jobs; what has ended is read once. */
export class JobList {
  private finished: ReadonlyMap<string, Finished> = new Map();

  constructor(
    private readonly records: RecordStore,
    private readonly look: (record: JobRecord) => Promise<SeenJob>,
  ) {}

  async read(): Promise<readonly ListedJob[]> {
    const entries = await this.records.list();
    const jobs: ListedJob[] = [];
    const finished = new Map<string, Finished>();
    for (let start = 0; start < entries.length; start += PARALLEL_LOOKS) {
      const batch = entries.slice(start, start + PARALLEL_LOOKS);
      for (const one of await Promise.all(batch.map((entry) => this.readOne(entry, finished)))) {
        if (one !== undefined) jobs.push(one);
      }
    }
    this.finished = finished;
    return jobs;
  }

  private async readOne(
    { directory, identity }: RecordEntry,
    finished: Map<string, Finished>,
  ): Promise<ListedJob | undefined> {
    const known = this.finished.get(directory);
    if (known?.identity === identity) {
      finished.set(directory, known);
      return known.job;
    }
    const record = await this.records.readEntry(directory);
    if (record === undefined) return undefined;
    const seen = await this.look(record);
    const job = { name: record.spec.name, mark: markOf(seen) };
    if (workerStates(seen).every(({ status }) => isFinal(status))) {
      finished.set(directory, { identity, job });
    }
    return job;
  }
}
