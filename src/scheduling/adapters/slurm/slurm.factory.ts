import { SlurmCommands, type SlurmCommandOptions } from '../../../clients/slurm/slurm-commands.js';
import { BatchScheduler } from '../batch-api/batch.scheduler.js';
import type { SlurmOptions } from './slurm-options.js';
import { SlurmSystem } from './slurm.system.js';

export interface SlurmSchedulerConfig {
  readonly commands: SlurmCommandOptions;
  readonly options: SlurmOptions;
}

export function createSlurmScheduler({ commands, options }: SlurmSchedulerConfig): BatchScheduler {
  return new BatchScheduler(new SlurmSystem(new SlurmCommands(commands), options), options);
}
