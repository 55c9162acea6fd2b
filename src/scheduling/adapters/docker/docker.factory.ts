import { DockerEngine } from '../../../clients/docker-engine/docker-engine.js';
import type { EngineConnection } from '../../../clients/docker-engine/engine-connection.js';
import type { EventLog } from '../../../shared/event-log.js';
import type { EngineOptions } from '../docker-api/engine-options.js';
import { DockerScheduler } from './docker.scheduler.js';

export interface DockerSchedulerConfig {
  readonly engine: EngineConnection;
  readonly options: EngineOptions;
}

export function createDockerScheduler(
  { engine, options }: DockerSchedulerConfig,
  log: EventLog,
): DockerScheduler {
  return new DockerScheduler(new DockerEngine(engine), options, log);
}
