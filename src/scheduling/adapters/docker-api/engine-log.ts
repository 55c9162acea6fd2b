import { toEngineError } from '../../../clients/docker-engine/engine-error.js';
import type { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import type { LogWindow } from '../../domain/scheduler.port.js';
import { LogTail } from './log-tail.js';

/** Reads the end of a multiplexed log. @throws EngineError, also when the answer is cut short. */
export async function readLogEnd(
  stream: Readable,
  window: LogWindow,
  signal: AbortSignal,
): Promise<string> {
  const tail = new LogTail(window);
  const abort = (): void => void stream.destroy(signal.reason as Error);
  signal.addEventListener('abort', abort, { once: true });
  try {
    // An engine sends each line by itself: an iterator would make a promise for each.
    stream.on('data', (chunk: Buffer) => tail.push(chunk));
    await finished(stream);
    if (!tail.isWhole) throw new Error('the log ends within a frame');
    return tail.text();
  } catch (error) {
    // A log that breaks off is no log: its last line would be missing.
    throw toEngineError(error);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
