import type { EngineConnection } from '../../../clients/docker-engine/engine-connection.js';
import { SwarmEngine } from '../../../clients/docker-engine/swarm-engine.js';
import { PullCredentials } from '../docker-api/pull-credentials.js';
import { GenericResources } from './generic-resources.js';
import type { SwarmOptions } from './swarm-options.js';
import { SwarmScheduler } from './swarm.scheduler.js';

export interface SwarmSchedulerConfig {
  readonly engine: EngineConnection;
  readonly options: SwarmOptions;
}

export function createSwarmScheduler({ engine, options }: SwarmSchedulerConfig): SwarmScheduler {
  const client = new SwarmEngine(engine);
  return new SwarmScheduler(
    client,
    options,
    new PullCredentials(options.registryAuthFile),
    new GenericResources(client, options.gpuResource),
  );
}
