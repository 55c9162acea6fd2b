import type { Readable } from 'node:stream';
import { EngineError } from './engine-error.js';

/** The longest line of progress; anything longer is not one. */
const MAX_LINE = 1024 * 1024;

/**
 * Reads the progress of a pull to its end: one JSON document a line. A refusal by the registry comes
 * in such a line, after a success by status.
 * @throws EngineError with the registry's words
 */
export async function readPullProgress(progress: Readable, onProgress: () => void): Promise<void> {
  let rest = '';
  let refusal: string | undefined;
  for await (const chunk of progress) {
    onProgress();
    const lines = (rest + String(chunk)).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > MAX_LINE) throw new Error('a line of progress is too long');
    for (const line of lines) refusal = refusalIn(line) ?? refusal;
  }
  refusal = refusalIn(rest) ?? refusal;
  if (refusal !== undefined) throw new EngineError(500, refusal, true, undefined);
}

function refusalIn(line: string): string | undefined {
  if (!line.includes('"error"')) return undefined;
  try {
    const { error } = JSON.parse(line) as { error?: unknown };
    return typeof error === 'string' && error !== '' ? error : undefined;
  } catch {
    return undefined;
  }
}
