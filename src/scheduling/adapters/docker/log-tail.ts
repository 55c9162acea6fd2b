import type { LogWindow } from '../../domain/scheduler.port.js';

const HEADER_BYTES = 8;
const NEWLINE = 0x0a;

/**
 * Collects the end of a multiplexed log stream: frames of an 8-byte header (stream, three zeros,
 * big-endian length) and a payload, cut anywhere. Memory stays below about twice the window.
 * Source: Docker Engine API, "Attach to a container", stream format.
 */
export class LogTail {
  private readonly header = Buffer.alloc(HEADER_BYTES);
  private headerFilled = 0;
  private payloadLeft = 0;
  private chunks: Buffer[] = [];
  private kept = 0;
  private cut = false;

  constructor(private readonly window: LogWindow) {}

  push(data: Buffer): void {
    let rest = data;
    while (rest.length > 0) {
      rest = this.payloadLeft > 0 ? this.takePayload(rest) : this.takeHeader(rest);
    }
  }

  /** The text of the window; bytes that are not UTF-8 become replacement characters. */
  text(): string {
    const all = Buffer.concat(this.chunks);
    const { bytes, lines } = this.window;
    const start = Math.max(0, all.length - bytes);
    const tail = all.subarray(this.cut || start > 0 ? firstCharacter(all, start) : 0);
    return tail.subarray(startOfLines(tail, lines)).toString('utf8');
  }

  private takeHeader(data: Buffer): Buffer {
    const taken = Math.min(HEADER_BYTES - this.headerFilled, data.length);
    data.copy(this.header, this.headerFilled, 0, taken);
    this.headerFilled += taken;
    if (this.headerFilled === HEADER_BYTES) {
      this.payloadLeft = this.header.readUInt32BE(4);
      this.headerFilled = 0;
    }
    return data.subarray(taken);
  }

  private takePayload(data: Buffer): Buffer {
    const payload = data.subarray(0, this.payloadLeft);
    this.payloadLeft -= payload.length;
    this.chunks.push(payload);
    this.kept += payload.length;
    this.dropOld();
    return data.subarray(payload.length);
  }

  private dropOld(): void {
    const [oldest] = this.chunks;
    if (oldest === undefined || this.kept - oldest.length < this.window.bytes) return;
    let dropped = 0;
    while (this.kept - (this.chunks[dropped]?.length ?? this.kept) >= this.window.bytes) {
      this.kept -= this.chunks[dropped]?.length ?? 0;
      dropped += 1;
    }
    this.chunks = this.chunks.slice(dropped);
    this.cut = true;
  }
}

/** Skips the rest of a character that a cut has split: at most three continuation bytes. */
function firstCharacter(data: Buffer, start: number): number {
  let index = start;
  while (index < start + 3 && index < data.length && ((data[index] ?? 0) & 0xc0) === 0x80) index += 1;
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
