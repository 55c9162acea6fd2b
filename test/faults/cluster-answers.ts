import type { Fault } from './fault-rules.js';

/** With the build of Kubernetes, where nobody has built it before. */
export const BUILD_AND_START_MS = 1_800_000;
export const WATCH = /[?&]watch=true/;
export const LIST = /\/(?:jobs|pods)\?(?!.*watch=true)/;

/** An answer of the API server that is an error, as a `Status` object. */
export function refusal(status: number, reason: string, message = 'as told by the test'): Fault {
  const body = JSON.stringify({ kind: 'Status', status: 'Failure', reason, message, code: status });
  return { kind: 'answer', status, body, headers: { 'content-type': 'application/json' } };
}
