import { createHash } from 'node:crypto';
import type { JobName } from '../../domain/job-name.js';

/** Names that a swarm accepts and keeps apart: it does not tell upper from lower case. */
const SERVICE_NAME = /^[a-z0-9](?:[-_]*[a-z0-9])*$/;
const MAX_LENGTH = 63;
const DIGEST_LENGTH = 40;

/**
 * The service of a job: its own name where a swarm can have it, else a digest of it. The label with
 * the jid leads back, and tells whether a service of that name is really the job's.
 */
export function serviceName(job: JobName): string {
  if (job.length <= MAX_LENGTH && SERVICE_NAME.test(job)) return job;
  const digest = createHash('sha256').update(job).digest('hex').slice(0, DIGEST_LENGTH);
  return `pman_${digest}`;
}
