import { ByteTail } from '../../../shared/byte-tail.js';
import type { LogWindow } from '../../domain/scheduler.port.js';

const HEADER_BYTES = 8;

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
  private readonly tail: ByteTail;

  constructor(window: LogWindow) {
    this.tail = new ByteTail(window);
  }

  push(data: Buffer): void {
    for (let from = 0; from < data.length;) {
      from = this.payloadLeft > 0 ? this.takePayload(data, from) : this.takeHeader(data, from);
    }
  }

  /** False within a frame: what has come so far is not the whole log. */
  get isWhole(): boolean {
    return this.payloadLeft === 0 && this.headerFilled === 0;
  }

  /** The text of the window; bytes that are not UTF-8 become replacement characters. */
  text(): string {
    return this.tail.text();
  }

  /** @returns where the rest of the data begins, as `takePayload` does */
  private takeHeader(data: Buffer, from: number): number {
    const taken = Math.min(HEADER_BYTES - this.headerFilled, data.length - from);
    data.copy(this.header, this.headerFilled, from, from + taken);
    this.headerFilled += taken;
    if (this.headerFilled === HEADER_BYTES) {
      this.payloadLeft = this.header.readUInt32BE(HEADER_BYTES / 2);
      this.headerFilled = 0;
    }
    return from + taken;
  }

  private takePayload(data: Buffer, from: number): number {
    const end = Math.min(from + this.payloadLeft, data.length);
    this.payloadLeft -= end - from;
    this.tail.push(data, from, end);
    return end;
  }
}
