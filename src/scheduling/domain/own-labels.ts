/** Labels by which the service knows its own jobs on any backend that has labels. */
export const OWN_LABEL_PREFIX = 'org.chrisproject.pman.';

export const OWN_LABELS = {
  managedBy: `${OWN_LABEL_PREFIX}managed-by`,
  jid: `${OWN_LABEL_PREFIX}jid`,
  specHash: `${OWN_LABEL_PREFIX}spec-hash`,
  /** The reference as it was asked for: some engines show a longer form of it. */
  image: `${OWN_LABEL_PREFIX}image`,
  owner: `${OWN_LABEL_PREFIX}auid`,
  worker: `${OWN_LABEL_PREFIX}worker`,
  workers: `${OWN_LABEL_PREFIX}workers`,
  /** Why a job was ended from outside: a failure reason. */
  ended: `${OWN_LABEL_PREFIX}ended`,
  /** The end of the log of a job that the backend keeps no log of. */
  log: `${OWN_LABEL_PREFIX}log`,
  /** Seconds. */
  timeLimit: `${OWN_LABEL_PREFIX}time-limit`,
  entrypoint: `${OWN_LABEL_PREFIX}entrypoint`,
} as const;

/** The largest number of workers that a request can ask for. */
export const MAX_WORKERS = 1_024;

/** The number of workers in a label; 1 where somebody has put nonsense there. */
export function parseWorkers(labels: Readonly<Record<string, string>>): number {
  const workers = Number(labels[OWN_LABELS.workers]);
  return Number.isSafeInteger(workers) && workers >= 1 && workers <= MAX_WORKERS ? workers : 1;
}

export const MANAGED_BY = 'pman';
