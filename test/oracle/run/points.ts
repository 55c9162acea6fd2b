/** A moment between the service and the engine. */
export interface Point {
  readonly when: 'before' | 'after';
  readonly what: 'look-up' | 'create' | 'start' | 'stop' | 'remove';
  /** What the engine has of the job while the service is dead. */
  readonly left: readonly string[];
}

export const CALLS = {
  'look-up': { method: 'GET', path: /\/containers\/kill-point[^/]*\/json/ },
  create: { method: 'POST', path: /\/containers\/create/ },
  start: { method: 'POST', path: /\/containers\/[^/]+\/start/ },
  stop: { method: 'POST', path: /\/containers\/[^/]+\/stop/ },
  remove: { method: 'DELETE', path: /\/containers\/[^/]+/ },
} as const;

export const IN_POST: readonly Point[] = [
  { when: 'before', what: 'create', left: [] },
  { when: 'after', what: 'create', left: ['created'] },
  { when: 'before', what: 'start', left: ['created'] },
  { when: 'after', what: 'start', left: ['running'] },
];

/** A POST of a job that nobody knows looks for it no more. */
export const IN_REPEATED_POST: readonly Point[] = [
  { when: 'before', what: 'look-up', left: ['running'] },
  { when: 'after', what: 'look-up', left: ['running'] },
];

export const IN_DELETE: readonly Point[] = [
  { when: 'before', what: 'look-up', left: ['running'] },
  { when: 'after', what: 'look-up', left: ['running'] },
  { when: 'before', what: 'stop', left: ['running'] },
  { when: 'after', what: 'stop', left: ['ended'] },
  { when: 'before', what: 'remove', left: ['ended'] },
  { when: 'after', what: 'remove', left: [] },
];

export const BETWEEN_TWO_WORKERS: readonly Point[] = [
  { when: 'after', what: 'create', left: ['created'] },
  { when: 'after', what: 'start', left: ['created', 'running'] },
];
