/** Error codes of the system. */
export function hasErrno(error: unknown, ...codes: readonly string[]): boolean {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && codes.includes(code);
}

/** What a worker has written about itself; a file that is not there is absent. */
export interface WorkerFacts {
  readonly launched: { readonly job: string; readonly at: string } | undefined;
  /** ISO 8601. */
  readonly startedAt: string | undefined;
  readonly end: WorkerEnd | undefined;
  /** Whether nothing of it is left on its node. */
  readonly isCleared: boolean;
}

export interface WorkerEnd {
  readonly exitCode: number;
  readonly phase: EndPhase;
  /** ISO 8601. */
  readonly at: string;
  /** What the container runtime had to say. */
  readonly words: string;
}

/**
 * `ran`: the command's own end; `create`, `start`: the runtime could not make or start the container;
 * `cancelled`: ended by a signal of the batch system; `late`: ended at its time limit.
 */
export const END_PHASES = ['ran', 'create', 'start', 'cancelled', 'late'] as const;
export type EndPhase = (typeof END_PHASES)[number];

const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;

export function parseLaunched(text: string): WorkerFacts['launched'] {
  const [job = '', at = ''] = text.split('\n');
  return /^\d+$/.test(job) ? { job, at: ISO.test(at) ? at : '' } : undefined;
}

/** @returns nothing for what the script has not written */
export function parseEnd(text: string): WorkerEnd | undefined {
  const [code = '', word = '', at = '', ...words] = text.split('\n');
  const phase = END_PHASES.find((known) => known === word);
  if (!/^\d{1,3}$/.test(code) || phase === undefined || !ISO.test(at)) return undefined;
  return { exitCode: Number(code), phase, at, words: words.join(' ').trim() };
}
