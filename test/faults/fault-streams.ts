import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';

const PIECES_PER_SECOND = 20;

export type Damage =
  | { readonly kind: 'hang' | 'cut'; readonly after: number | 'headers' }
  | { readonly kind: 'garble'; readonly change: (bytes: string) => string };

/** The bytes of an answer as they would go over the wire, up to where the damage ends them. */
export async function* damagedAnswer(
  answer: IncomingMessage,
  damage: Damage,
): AsyncGenerator<Buffer> {
  if (damage.kind === 'garble') {
    const pieces: Buffer[] = [];
    for await (const piece of wireBytes(answer)) pieces.push(piece);
    yield Buffer.from(damage.change(Buffer.concat(pieces).toString('latin1')), 'latin1');
    return;
  }
  let left = damage.after === 'headers' ? headOf(answer).length : damage.after;
  if (left === 0) return;
  for await (const piece of wireBytes(answer)) {
    yield piece.subarray(0, left);
    left -= Math.min(left, piece.length);
    if (left === 0) return;
  }
}

async function* wireBytes(answer: IncomingMessage): AsyncGenerator<Buffer> {
  yield headOf(answer);
  const isChunked = answer.headers['transfer-encoding'] !== undefined;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    if (!isChunked) yield chunk;
    else yield Buffer.concat([sizeOf(chunk), chunk, Buffer.from('\r\n')]);
  }
  if (isChunked) yield Buffer.from('0\r\n\r\n');
}

function headOf({ statusCode, statusMessage, rawHeaders }: IncomingMessage): Buffer {
  const lines = [`HTTP/1.1 ${statusCode} ${statusMessage}`];
  const headers = withoutConnection(rawHeaders);
  for (let index = 0; index < headers.length; index += 2) {
    lines.push(`${headers[index]}: ${headers[index + 1]}`);
  }
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`);
}

function sizeOf(chunk: Buffer): Buffer {
  return Buffer.from(`${chunk.length.toString(16)}\r\n`);
}

/** Each side of a proxy keeps its connection as it likes. */
export function withoutConnection(rawHeaders: readonly string[]): string[] {
  return rawHeaders.filter(
    (_, index) => !/^(connection|keep-alive)$/i.test(rawHeaders[index - (index % 2)] ?? ''),
  );
}

export async function readAll(answer: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of answer as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

/** The lines of a stream as they arrive, each replaced by what `change` makes of it. */
export function eachLine(
  answer: IncomingMessage,
  change: (line: string) => readonly string[],
): Readable {
  async function* lines(): AsyncGenerator<string> {
    let rest = '';
    for await (const chunk of answer.setEncoding('utf8') as AsyncIterable<string>) {
      const whole = (rest + chunk).split('\n');
      rest = whole.pop() ?? '';
      for (const line of whole) for (const changed of change(line)) yield `${changed}\n`;
    }
    yield rest;
  }
  return Readable.from(lines());
}

/** Swaps every matching line with the next line, whichever that is. */
export function reorderLines(pattern: RegExp): (line: string) => readonly string[] {
  let held: string | undefined;
  return (line) => {
    if (held === undefined && pattern.test(line)) {
      held = line;
      return [];
    }
    const lines = held === undefined ? [line] : [line, held];
    held = undefined;
    return lines;
  };
}

export function throttled(answer: IncomingMessage, bytesPerSecond: number): Readable {
  const size = Math.max(1, Math.floor(bytesPerSecond / PIECES_PER_SECOND));
  async function* pieces(): AsyncGenerator<Buffer> {
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      for (let at = 0; at < chunk.length; at += size) {
        yield chunk.subarray(at, at + size);
        await sleep(1_000 / PIECES_PER_SECOND);
      }
    }
  }
  return Readable.from(pieces());
}
