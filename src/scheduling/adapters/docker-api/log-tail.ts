import type { LogWindow } from '../../domain/scheduler.port.js';

const HEADER_BYTES = 8;
const NEWLINE = 0x0a;
const FIRST_CAPACITY = 16 * 1024;

/**
 * Collects the end of a multiplexed log stream: frames of an 8-byte header (stream, three zeros,
 * big-endian length) and a payload, cut anywhere. Memory stays below twice the window, whatever the
 * size of the frames.
 * Source: Docker Engine API, "Attach to a container", stream format.
 */
export class LogTail {
  private readonly header = Buffer.alloc(HEADER_BYTES);
  private headerFilled = 0;
  private payloadLeft = 0;
  private kept = Buffer.alloc(0);
  private keptBytes = 0;
  private isCut = false;

  constructor(private readonly window: LogWindow) {}

  push(data: Buffer): void {
    let rest = data;
    while (rest.length > 0) {
      rest = this.payloadLeft > 0 ? this.takePayload(rest) : this.takeHeader(rest);
    }
  }

  /** The text of the window; bytes that are not UTF-8 become replacement characters. */
  text(): string {
    this.keepOnly(this.window.bytes);
    const all = this.kept.subarray(0, this.keptBytes);
    const tail = all.subarray(this.isCut ? firstCharacter(all) : 0);
    return tail.subarray(startOfLines(tail, this.window.lines)).toString('utf8');
  }

  private takeHeader(data: Buffer): Buffer {
    const taken = Math.min(HEADER_BYTES - this.headerFilled, data.length);
    data.copy(this.header, this.headerFilled, 0, taken);
    this.headerFilled += taken;
    if (this.headerFilled === HEADER_BYTES) {
      this.payloadLeft = this.header.readUInt32BE(HEADER_BYTES / 2);
      this.headerFilled = 0;
    }
    return data.subarray(taken);
  }

  private takePayload(data: Buffer): Buffer {
    const payload = data.subarray(0, this.payloadLeft);
    this.payloadLeft -= payload.length;
    const useful = payload.subarray(Math.max(0, payload.length - this.window.bytes));
    if (useful.length < payload.length) this.isCut = true;
    this.makeRoom(useful.length);
    useful.copy(this.kept, this.keptBytes);
    this.keptBytes += useful.length;
    return data.subarray(payload.length);
  }

  /** Grows up to twice the window, so that what is kept moves once a window and not once a frame. */
  private makeRoom(bytes: number): void {
    const needed = this.keptBytes + bytes;
    if (needed <= this.kept.length) return;
    const most = 2 * this.window.bytes;
    if (needed > most) {
      this.keepOnly(this.window.bytes - bytes);
      return;
    }
    const grown = Buffer.alloc(Math.min(most, Math.max(2 * needed, FIRST_CAPACITY)));
    this.kept.copy(grown, 0, 0, this.keptBytes);
    this.kept = grown;
  }

  private keepOnly(bytes: number): void {
    const surplus = this.keptBytes - bytes;
    if (surplus <= 0) return;
    this.kept.copyWithin(0, surplus, this.keptBytes);
    this.keptBytes = bytes;
    this.isCut = true;
  }
}

/** Skips the rest of a character that a cut has split: at most three continuation bytes. */
function firstCharacter(data: Buffer): number {
  let index = 0;
  while (index < 3 && index < data.length && ((data[index] ?? 0) & 0xc0) === 0x80) index += 1;
  return index;
}

/** Where the last `lines` lines begin; a newline at the very end closes the last one. */
function startOfLines(data: Buffer, lines: number | undefined): number {
  if (lines === undefined) return 0;
  let position = data.length - 1;
  for (let found = 0; found < lines; found += 1) {
    position = position <= 0 ? -1 : data.lastIndexOf(NEWLINE, position - 1);
    if (position < 0) return 0;
  }
  return position + 1;
}
