import { CommandSlurmClient } from '../../../clients/slurm/command-client.js';
import { RestSlurmClient, type SlurmRestOptions } from '../../../clients/slurm/rest-client.js';
import { SlurmCommands, type SlurmCommandOptions } from '../../../clients/slurm/slurm-commands.js';
import { BatchScheduler } from '../batch-api/batch.scheduler.js';
import type { SlurmOptions } from './slurm-options.js';
import { SlurmSystem } from './slurm.system.js';

export interface SlurmSchedulerConfig {
  readonly commands: SlurmCommandOptions;
  /** In the place of the commands. */
  readonly rest: SlurmRestOptions | undefined;
  readonly options: SlurmOptions;
}

export function createSlurmScheduler(config: SlurmSchedulerConfig): BatchScheduler {
  const { commands, rest, options } = config;
  const client =
    rest === undefined
      ? new CommandSlurmClient(new SlurmCommands(commands))
      : new RestSlurmClient(rest);
  return new BatchScheduler(new SlurmSystem(client, options), options);
}
