import type { SlurmRow, SlurmRows } from './slurm-client.js';
import { expandTasks } from './task-list.js';

/** `CANCELLED by 1000` and `CANCELLED+` are CANCELLED. */
function stateWord(text: string): string {
  return text.split(/[ +]/, 1)[0] ?? '';
}

/** @param text lines of job, array index, state, reason; a line that is none is left out */
export function parseQueue(text: string): SlurmRows {
  const rows = new Map<string, SlurmRow>();
  for (const line of text.split('\n')) {
    const [job = '', index = '', state = '', ...reason] = line.trim().split('|');
    if (!/^\d+$/.test(job) || state === '') continue;
    const key = /^\d+$/.test(index) ? `${job}_${index}` : job;
    rows.set(key, { state: stateWord(state), reason: reason.join('|') });
  }
  return rows;
}

/** `7`, `7_2`, or for tasks that wait together `7_[1-3]`. */
function keysOf(text: string): readonly string[] {
  if (/^\d+(?:_\d+)?$/.test(text)) return [text];
  const [, job = '', tasks] = /^(\d+)_\[(.+)\]$/.exec(text) ?? [];
  return tasks === undefined ? [] : expandTasks(tasks).map((task) => `${job}_${task}`);
}

/** @param text lines of job (with `_index`), state, end, reason */
export function parseAccounts(text: string): SlurmRows {
  const rows = new Map<string, SlurmRow>();
  for (const line of text.split('\n')) {
    const [key = '', state = '', end = '', ...reason] = line.trim().split('|');
    if (state === '') continue;
    const endedAt = /^\d{4}-\d\d-\d\dT[\d:]{8}$/.test(end) ? `${end}Z` : undefined;
    const row = {
      state: stateWord(state),
      reason: reason.join('|'),
      ...(endedAt !== undefined && { endedAt }),
    };
    for (const each of keysOf(key)) rows.set(each, row);
  }
  return rows;
}
