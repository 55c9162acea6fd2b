import type { SwarmEngine } from '../../../clients/docker-engine/swarm-engine.js';
import { parseJobName } from '../../domain/job-name.js';
import type { JobHint } from '../../domain/scheduler.port.js';
import { watchEvents, type EngineEvent } from '../docker-api/engine-events.js';
import { serviceName } from './swarm-names.js';

/**
 * Events of services and nodes as hints. They carry no labels, and there are none of tasks: what
 * tasks do is found by the lists, which are frequent as long as jobs run.
 */
export function watchServices(engine: SwarmEngine, signal: AbortSignal): AsyncGenerator<JobHint> {
  const filters = { type: ['service', 'node'], scope: ['swarm'] };
  return watchEvents(engine, filters, toHint, signal);
}

/** A service has its job's own name or a digest that tells nothing. */
export function toHint({ Type, Actor }: EngineEvent): JobHint {
  const service = Actor?.Attributes?.['name'] ?? '';
  const name = Type === 'service' ? parseJobName(service) : undefined;
  const isJobs =
    name !== undefined && serviceName(name) === service && !service.startsWith('pman_');
  return isJobs ? { kind: 'changed', name } : { kind: 'relist' };
}
