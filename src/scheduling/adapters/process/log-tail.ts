import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readFileTail } from '../../../clients/filesystem/file-tail.js';
import type { LogWindow } from '../../domain/scheduler.port.js';

const LOG_PREFIX = 'log.';

/** The end of a worker's log. Reads no more of the files than the window asks for. */
export async function readLogTail(directory: string, window: LogWindow): Promise<string> {
  if (window.lines === 0 || window.bytes <= 0) return '';
  return readFileTail(await segments(directory), window);
}

/** The files of a log, the newest first. */
async function segments(directory: string): Promise<readonly string[]> {
  const names = (await readdir(directory)).filter((name) => name.startsWith(LOG_PREFIX));
  return names
    .toSorted()
    .toReversed()
    .map((name) => join(directory, name));
}
