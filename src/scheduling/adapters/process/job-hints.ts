import { watch } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { JobHint } from '../../domain/scheduler.port.js';
import type { RecordStore } from './record-store.js';

/** Where the system has no events for the directory, a list is asked for at this pace. */
const PACE_MS = 1_000;

/** Hints by the files that supervisors touch at the start and at the end of a worker. */
export async function* watchRecords(
  records: RecordStore,
  signal: AbortSignal,
): AsyncGenerator<JobHint> {
  await records.prepare();
  try {
    const events = watch(records.hints, { signal });
    yield { kind: 'relist' };
    for await (const { filename } of events) yield await toHint(records, filename);
  } catch {
    yield* pacedHints(signal);
  }
}

async function toHint(records: RecordStore, filename: string | null): Promise<JobHint> {
  const record = filename === null ? undefined : await records.readEntry(filename);
  return record === undefined ? { kind: 'relist' } : { kind: 'changed', name: record.spec.name };
}

async function* pacedHints(signal: AbortSignal): AsyncGenerator<JobHint> {
  while (!signal.aborted) {
    yield { kind: 'relist' };
    await sleep(PACE_MS, undefined, { signal, ref: false }).catch(() => undefined);
  }
}
