import { SlurmCommands, type SlurmCommandOptions } from '../../../clients/slurm/slurm-commands.js';
import type { SlurmOptions } from './slurm-options.js';
import { SlurmScheduler } from './slurm.scheduler.js';

export interface SlurmSchedulerConfig {
  readonly commands: SlurmCommandOptions;
  readonly options: SlurmOptions;
}

export function createSlurmScheduler({ commands, options }: SlurmSchedulerConfig): SlurmScheduler {
  return new SlurmScheduler(new SlurmCommands(commands), options);
}
