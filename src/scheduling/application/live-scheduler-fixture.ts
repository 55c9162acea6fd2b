import { ModelBackend, type Weather } from '../../../test/fakes/model-backend.js';
import { DomainError } from '../../shared/domain-error.js';
import type { EventLog } from '../../shared/event-log.js';
import type { JobName } from '../domain/job-name.js';
import { JobTable } from './job-table.js';
import { LiveScheduler } from './live-scheduler.js';
import { LogCache } from './log-cache.js';
import type { SyncTimes } from './sync-times.js';
import { Synchroniser } from './synchroniser.js';

export const NAME = 'job-1' as JobName;
export const FINE: Weather = { delay: () => 0, dropsHint: () => false, repeatsHint: () => false };
const SILENT: EventLog = { debug() {}, info() {}, warn() {}, error() {} };
export const TIMES: SyncTimes = {
  busyList: 15,
  idleList: 15,
  listShare: 1,
  trust: 30,
  coalesce: 1,
  listDeadline: 1_000,
  lookUpDeadline: 1_000,
  tombstone: 60_000,
};
/** Lists only at the start: what happens later is seen by hints or not at all. */
export const ONE_LIST: SyncTimes = { ...TIMES, busyList: 60_000, idleList: 60_000 };

export function live(backend: ModelBackend, times = TIMES) {
  const table = new JobTable();
  const clock = (): number => performance.now();
  const sync = new Synchroniser(backend, table, SILENT, clock, times);
  const logs = new LogCache(backend, 10_000, clock, () => table.live);
  const scheduler = new LiveScheduler(backend, table, logs, sync);
  sync.start();
  return { scheduler, sync, table, logs };
}

export const soon = (): AbortSignal => AbortSignal.timeout(1_000);

export async function statusOf(scheduler: LiveScheduler, name: JobName): Promise<string> {
  try {
    return (await scheduler.find(name, soon())).state.status;
  } catch (error) {
    return error instanceof DomainError ? error.code : 'broken';
  }
}
