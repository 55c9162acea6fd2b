/** Labels by which the service knows its own jobs on any backend that has labels. */
export const OWN_LABEL_PREFIX = 'org.chrisproject.pman.';

export const OWN_LABELS = {
  managedBy: `${OWN_LABEL_PREFIX}managed-by`,
  jid: `${OWN_LABEL_PREFIX}jid`,
  specHash: `${OWN_LABEL_PREFIX}spec-hash`,
  owner: `${OWN_LABEL_PREFIX}auid`,
  worker: `${OWN_LABEL_PREFIX}worker`,
  workers: `${OWN_LABEL_PREFIX}workers`,
  entrypoint: `${OWN_LABEL_PREFIX}entrypoint`,
} as const;

export const MANAGED_BY = 'pman';
