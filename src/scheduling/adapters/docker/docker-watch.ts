import type { DockerEngine } from '../../../clients/docker-engine/docker-engine.js';
import { parseJobName } from '../../domain/job-name.js';
import { MANAGED_BY, OWN_LABELS } from '../../domain/own-labels.js';
import type { JobHint } from '../../domain/scheduler.port.js';
import { watchEvents, type EngineEvent } from '../docker-api/engine-events.js';

/** Events of our containers as hints. */
export function watchContainers(
  engine: DockerEngine,
  signal: AbortSignal,
): AsyncGenerator<JobHint> {
  const filters = { type: ['container'], label: [`${OWN_LABELS.managedBy}=${MANAGED_BY}`] };
  return watchEvents(engine, filters, toHint, signal);
}

function toHint({ Actor }: EngineEvent): JobHint {
  const name = parseJobName(Actor?.Attributes?.[OWN_LABELS.jid] ?? '');
  return name === undefined ? { kind: 'relist' } : { kind: 'changed', name };
}
