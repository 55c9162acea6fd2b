import { open, type FileHandle } from 'node:fs/promises';

const CHUNK_BYTES = 64 * 1024;
const NEWLINE = 0x0a;
/** A character of UTF-8 has at most three bytes after its first. */
const MAX_CONTINUATION_BYTES = 3;

/** How much of a text is wanted. */
export interface TailWindow {
  /** Lines from the end; `undefined` is all of them. */
  readonly lines: number | undefined;
  /** Bytes from the end, whatever the number of lines. */
  readonly bytes: number;
}

/** What was read from the end backwards, and whether there is more in front of it. */
interface Tail {
  readonly data: Buffer;
  readonly cut: boolean;
}

/**
 * The end of a text that lies in one file or several. Reads no more of them than the window asks for;
 * bytes that are not UTF-8 become replacement characters.
 * @param paths the newest first; one that is not there is empty
 */
export async function readFileTail(paths: readonly string[], window: TailWindow): Promise<string> {
  if (window.lines === 0 || window.bytes <= 0) return '';
  const tail = await readBackwards(paths, window);
  return cutToWindow(tail, window.lines).toString('utf8');
}

/** Drops the rest of a split character, then lines in front of the last `lines`; pure. */
function cutToWindow({ data, cut }: Tail, lines: number | undefined): Buffer {
  const whole = data.subarray(cut ? continuationBytes(data) : 0);
  return lines === undefined ? whole : whole.subarray(startOfLines(whole, lines));
}

async function readBackwards(paths: readonly string[], window: TailWindow): Promise<Tail> {
  const chunks: Buffer[] = [];
  let wanted = window.bytes;
  let newlines = 0;
  for (const path of paths) {
    for await (const chunk of chunksBackwards(path, () => wanted)) {
      chunks.unshift(chunk);
      wanted -= chunk.length;
      newlines += countNewlines(chunk);
      // One more than asked for: the newline in front of the first line.
      const enough = window.lines !== undefined && newlines > window.lines;
      if (wanted <= 0 || enough) return { data: Buffer.concat(chunks), cut: true };
    }
  }
  // Earlier segments may be gone, and the oldest may begin in the middle of a character.
  return { data: Buffer.concat(chunks), cut: paths.length > 1 };
}

/** @param wanted how many more bytes are asked for */
async function* chunksBackwards(path: string, wanted: () => number): AsyncGenerator<Buffer> {
  const file = await openIfPresent(path);
  if (file === undefined) return;
  try {
    let position = (await file.stat()).size;
    while (position > 0) {
      const length = Math.min(CHUNK_BYTES, position, wanted());
      position -= length;
      yield await readAt(file, position, length);
    }
  } finally {
    await file.close();
  }
}

async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  const { bytesRead } = await file.read(buffer, 0, length, position);
  return buffer.subarray(0, bytesRead);
}

/** The oldest segment may be dropped at any moment. */
async function openIfPresent(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, 'r');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function countNewlines(data: Buffer): number {
  let count = 0;
  for (let at = data.indexOf(NEWLINE); at >= 0; at = data.indexOf(NEWLINE, at + 1)) count += 1;
  return count;
}

function continuationBytes(data: Buffer): number {
  let count = 0;
  while (count < MAX_CONTINUATION_BYTES && ((data[count] ?? 0) & 0xc0) === 0x80) count += 1;
  return count;
}

/** Where the last `lines` lines begin; a newline at the very end closes the last one. */
function startOfLines(data: Buffer, lines: number): number {
  let position = data.length - 1;
  for (let found = 0; found < lines; found += 1) {
    position = position <= 0 ? -1 : data.lastIndexOf(NEWLINE, position - 1);
    if (position < 0) return 0;
  }
  return position + 1;
}
