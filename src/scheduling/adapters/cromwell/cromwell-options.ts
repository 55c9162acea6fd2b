import type { BatchOptions } from '../batch-api/batch-options.js';

/** What a site decides about all jobs. */
export interface CromwellOptions extends BatchOptions {
  readonly partition: string | undefined;
  /** The batch system's time limit; absent: what the site's backend configuration says. */
  readonly timeLimitMinutes: number | undefined;
}
