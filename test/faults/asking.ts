import type { Harness } from '../contract/harness.js';

export interface Timed {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** Milliseconds until the answer was there. */
  readonly took: number;
}

/** Asks a service for what a harness does not show: headers, health, time. */
export async function ask(
  { running }: Harness,
  path: string,
  init: RequestInit = {},
): Promise<Timed> {
  const began = performance.now();
  const answer = await fetch(`${running.baseUrl}${path}`, init);
  const text = await answer.text();
  const { status, headers } = answer;
  return { status, headers, text, took: performance.now() - began };
}

export function postOf(job: unknown): RequestInit {
  const headers = { 'content-type': 'application/json' };
  return { method: 'POST', headers, body: JSON.stringify(job) };
}

export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
