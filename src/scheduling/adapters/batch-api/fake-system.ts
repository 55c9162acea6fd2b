import type { BatchSystem } from './batch-system.js';
import { batchCapabilities } from './batch-capabilities.js';
import { toRecordError } from './record-errors.js';

/** A batch system for tests, which numbers what it is given and runs none of it. */
export function fakeSystem(changes: Partial<BatchSystem> = {}): BatchSystem {
  let submitted = 0;
  return {
    name: 'SLURM',
    capabilities: batchCapabilities('slurm', 'podman'),
    plan: () => ({}),
    submit: () => Promise.resolve(String((submitted += 1))),
    jobsOfRun: () => Promise.resolve([]),
    jobOf: (job, { launched }) => launched?.job ?? job,
    look: () => Promise.resolve({ asOf: performance.now(), listed: () => ({ is: 'running' }) }),
    cancel: () => Promise.resolve(),
    untilCleared: () => Promise.resolve(),
    check: () => Promise.resolve([]),
    hasRefused: () => false,
    toSubmitError: toRecordError,
    toError: toRecordError,
    ...changes,
  };
}
