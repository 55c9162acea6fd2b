import type { BatchOptions } from '../batch-api/batch-options.js';

/** What a site decides about all jobs. */
export interface SlurmOptions extends BatchOptions {
  /** How SLURM is spoken to. */
  readonly transport: 'commands' | 'slurmrestd';
  readonly partition: string | undefined;
  readonly account: string | undefined;
  readonly qos: string | undefined;
  readonly constraint: string | undefined;
  /** SLURM's own time limit; absent: the partition's. */
  readonly timeLimitMinutes: number | undefined;
  /** Whether ended jobs are asked of accounting. */
  readonly accounting: boolean;
}
