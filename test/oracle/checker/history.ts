/** The status words of the v1 API. */
export type StatusWord =
  'notstarted' | 'started' | 'finishedSuccessfully' | 'finishedWithError' | 'undefined';

/**
 * What a client knows of a request: `ok`, done; `fail`, definitely refused, without effect; `info`,
 * no definite answer (5xx, time-out, reset): done, not done, or done at any later time.
 */
export type Outcome = 'ok' | 'fail' | 'info';

/** One request. Times are milliseconds of one monotonic clock for the whole history. */
export interface Operation {
  readonly kind: 'POST' | 'GET' | 'DELETE';
  readonly jid: string;
  /** Of a POST: key of what was asked for. */
  readonly spec?: string;
  readonly replica: number;
  readonly invoked: number;
  readonly completed: number;
  readonly outcome: Outcome;
  /** HTTP; absent when there was no answer. */
  readonly status?: number;
  /** The status word in the answer's body. */
  readonly shown?: StatusWord;
  /** What an answer that is an error says; not judged. */
  readonly words?: string;
}

/** What was asked for, known before the run. */
export interface PlannedJob {
  readonly spec: string;
  readonly jid: string;
  readonly workers: number;
  /** What the job's script ends with unless it is killed. */
  readonly exitCode: number;
  /** The service or the engine has to refuse it. */
  readonly isBad: boolean;
}

/** A change as the engine itself told it, without the service. */
export interface EngineChange {
  readonly kind: 'create' | 'start' | 'die' | 'destroy';
  /** Of the engine's object. */
  readonly id: string;
  readonly jid: string;
  readonly worker: number;
  /** When an observer of the engine saw it: it happened then or before. */
  readonly seen: number;
  readonly exitCode?: number;
}

/** An object of the engine at the end, after everything was healed. */
export interface EngineObject {
  readonly id: string;
  readonly jid: string;
  readonly spec: string;
  readonly worker: number;
  readonly state: 'created' | 'running' | 'ended';
  readonly exitCode?: number;
}

export interface Outage {
  readonly from: number;
  readonly to: number;
}

/** Everything that the checker judges by. */
export interface History {
  readonly planned: readonly PlannedJob[];
  readonly operations: readonly Operation[];
  readonly changes: readonly EngineChange[];
  readonly objects: readonly EngineObject[];
  /** Lines that the workers of a job have appended to their marker in its output directory. */
  readonly markerLines: ReadonlyMap<string, number>;
  /** When the engine was ended by force, and started again. */
  readonly engineOutages: readonly Outage[];
  /** When events did not reach a replica, without its knowing. */
  readonly eventLosses: readonly (Outage & { readonly replica: number })[];
  /** The longest time between two lists, in milliseconds: by then a replica knows what events have not told it. */
  readonly resync: number;
  /** By the contract a GET shows every change that is older than this, in milliseconds. */
  readonly freshness: number;
}

/** How far the answer to a request may be behind the engine, in milliseconds. */
export function lagAllowed(
  { invoked, replica }: Operation,
  { eventLosses, freshness, resync }: History,
): number {
  const isUntold = eventLosses.some(
    (loss) => loss.replica === replica && loss.from <= invoked && invoked <= loss.to + resync,
  );
  return isUntold ? resync : freshness;
}

/** Until when a request can have an effect: one without an answer is under way for ever. */
export function effectUntil({ outcome, completed }: Operation): number {
  return outcome === 'info' ? Infinity : completed;
}

/** Whether a request can have had an effect at all. */
export function mayHaveActed({ outcome }: Operation): boolean {
  return outcome !== 'fail';
}
