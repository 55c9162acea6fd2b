import {
  CromwellClient,
  type CromwellClientOptions,
} from '../../../clients/cromwell/cromwell-client.js';
import type { EventLog } from '../../../shared/event-log.js';
import { BatchScheduler } from '../batch-api/batch.scheduler.js';
import type { CromwellOptions } from './cromwell-options.js';
import { CromwellSystem } from './cromwell.system.js';

export interface CromwellSchedulerConfig {
  readonly server: CromwellClientOptions;
  readonly options: CromwellOptions;
}

export function createCromwellScheduler(
  { server, options }: CromwellSchedulerConfig,
  log: EventLog,
): BatchScheduler {
  const system = new CromwellSystem(new CromwellClient(server), options, log);
  return new BatchScheduler(system, options);
}
