import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ContractTarget } from '../target.js';

const recordsOf = (store: string): string => `${store}.records`;

interface Record_ {
  readonly spec: { readonly name: string };
  readonly labels: Readonly<Record<string, string>>;
}

/** This host's own processes, as root: with mount namespaces and cgroups. */
export function processTarget(): ContractTarget {
  const unsupported = (): never => {
    throw new Error('the process backend has no objects of other people');
  };
  return {
    name: 'process',
    features: ['hard-limits', 'container-rights'],
    start: () => Promise.resolve(),
    stop: () => Promise.resolve(),
    environment: (store) => ({ CONTAINER_ENV: 'process', PROCESS_RECORDS: recordsOf(store) }),
    async labels(jid, store) {
      const record = (await readRecords(store)).find(({ spec }) => spec.name === jid);
      if (record === undefined) throw new Error(`there is no record of ${jid}`);
      return record.labels;
    },
    idOf: unsupported,
    placeForeignObject: unsupported,
    listOwn: async (store) => (await readRecords(store)).map(({ spec }) => spec.name),
  };
}

async function readRecords(store: string): Promise<readonly Record_[]> {
  const jobs = join(recordsOf(store), 'jobs');
  const names = await readdir(jobs).catch(() => []);
  const texts = await Promise.all(
    names.map((name) => readFile(join(jobs, name, 'record.json'), 'utf8').catch(() => undefined)),
  );
  return texts.filter((text) => text !== undefined).map((text) => JSON.parse(text) as Record_);
}
