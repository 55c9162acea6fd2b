import type { EventLog } from '../../../shared/event-log.js';
import type { WorkerFacts } from '../batch-api/worker-files.js';

/** What workers have written, for tests. */
export const NEW: WorkerFacts = {
  launched: undefined,
  startedAt: undefined,
  end: undefined,
  isCleared: false,
};
export const LAUNCHED: WorkerFacts = {
  ...NEW,
  launched: { job: '7', at: '2026-01-01T00:00:00Z' },
  startedAt: '2026-01-01T00:00:01Z',
};
export const SIGNALLED: WorkerFacts = {
  ...LAUNCHED,
  end: { exitCode: 143, phase: 'cancelled', at: '2026-01-01T00:01:00Z', words: '' },
};

/** A log, and what it was warned of. */
export function listeningLog(): { readonly log: EventLog; readonly warnings: unknown[][] } {
  const warnings: unknown[][] = [];
  const nothing = (): undefined => undefined;
  const warn = (...said: unknown[]): void => {
    warnings.push(said);
  };
  return { log: { debug: nothing, info: nothing, error: nothing, warn }, warnings };
}
