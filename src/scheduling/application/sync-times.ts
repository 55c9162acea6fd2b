/** Milliseconds that never step back, whatever happens to the clock on the wall. */
export type MonotonicClock = () => number;

/** In milliseconds where nothing else is said. */
export interface SyncTimes {
  /** Between two lists while jobs are live. */
  readonly busyList: number;
  /** Between two lists while none is. */
  readonly idleList: number;
  /** A list may take at most one part in this many of the time. */
  readonly listShare: number;
  /** How long after the next list was due the table still vouches for its answers. */
  readonly trust: number;
  /**
   * How long hints are collected before the look-ups that they cause; a poll in the meantime looks up
   * by itself. A short job is one look-up so, and not three while the engine is starting it.
   */
  readonly coalesce: number;
  readonly listDeadline: number;
  readonly lookUpDeadline: number;
  /** How long a removed job is remembered as removed. */
  readonly tombstone: number;
}

export const SYNC_TIMES: SyncTimes = {
  busyList: 700,
  idleList: 10_000,
  listShare: 10,
  trust: 300,
  coalesce: 250,
  listDeadline: 10_000,
  lookUpDeadline: 5_000,
  tombstone: 120_000,
};
