import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { localProcesses } from '../local-processes.js';
import type { ContractTarget } from '../target.js';

const recordsOf = (store: string): string => `${store}.records`;

interface RecordFile {
  readonly spec: { readonly name: string };
  readonly labels: Readonly<Record<string, string>>;
}

interface JobRecord extends RecordFile {
  /** Holds the record and the files of the workers. */
  readonly folder: string;
}

/** This host's own processes, as root: with mount namespaces and cgroups. */
export function processTarget(): ContractTarget {
  const unsupported = (): never => {
    throw new Error('the process backend has no objects of other people');
  };
  return {
    name: 'process',
    features: [
      'hard-limits',
      'swap-limit',
      'process-limit',
      'refused-at-once',
      'overcommitment',
      'container-rights',
      'job-user',
      'read-only-input',
      'local-processes',
      'log-files',
    ],
    start: () => Promise.resolve(),
    stop: () => Promise.resolve(),
    environment: (store) => ({ CONTAINER_ENV: 'process', PROCESS_RECORDS: recordsOf(store) }),
    async labels(jid, store) {
      return (await recordOf(jid, store)).labels;
    },
    idOf: unsupported,
    placeForeignObject: unsupported,
    async logBytes(jid, store) {
      const { folder } = await recordOf(jid, store);
      const files = await readdir(folder, { recursive: true, withFileTypes: true });
      const logs = files.filter((file) => file.isFile() && file.name.startsWith('log.'));
      const sizes = logs.map(async (file) => (await stat(join(file.parentPath, file.name))).size);
      return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
    },
    async listOwn(store) {
      const names = (await readRecords(store)).map(({ spec }) => spec.name);
      // The supervisors of jobs have the folder of their record among their arguments.
      const processes =
        store === '' ? new Map<number, readonly string[]>() : await localProcesses();
      const own = [...processes.values()].filter((argv) =>
        argv.some((word) => word.startsWith(`${recordsOf(store)}/`)),
      );
      return [...names, ...own.map((argv) => argv.join(' '))];
    },
  };
}

async function recordOf(jid: string, store: string): Promise<JobRecord> {
  const record = (await readRecords(store)).find(({ spec }) => spec.name === jid);
  if (record === undefined) throw new Error(`there is no record of ${jid}`);
  return record;
}

async function readRecords(store: string): Promise<readonly JobRecord[]> {
  const jobs = join(recordsOf(store), 'jobs');
  const names = await readdir(jobs).catch(() => []);
  const records = names.map(async (name) => {
    const folder = join(jobs, name);
    const text = await readFile(join(folder, 'record.json'), 'utf8').catch(() => undefined);
    return text === undefined ? [] : [{ ...(JSON.parse(text) as RecordFile), folder }];
  });
  return (await Promise.all(records)).flat();
}
