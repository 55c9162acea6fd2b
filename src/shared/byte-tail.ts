const NEWLINE = 0x0a;
const FIRST_CAPACITY = 16 * 1024;

/** How much of the end is wanted. */
export interface TailWindow {
  /** `undefined` is all lines. */
  readonly lines: number | undefined;
  readonly bytes: number;
}

/** Collects the end of a stream of bytes. Memory stays below twice the window. */
export class ByteTail {
  private kept = Buffer.alloc(0);
  private keptBytes = 0;
  private isCut = false;

  constructor(private readonly window: TailWindow) {}

  /** Takes the bytes from `from` to `end`: a line of a log needs no buffer of its own. */
  push(data: Buffer, from = 0, end = data.length): void {
    const begin = Math.max(from, end - this.window.bytes);
    if (begin > from) this.isCut = true;
    this.makeRoom(end - begin);
    data.copy(this.kept, this.keptBytes, begin, end);
    this.keptBytes += end - begin;
  }

  /**
   * The text of the window; bytes that are not UTF-8 become replacement characters. It is no longer
   * than the window, although such a character takes three bytes.
   */
  text(): string {
    this.keepOnly(this.window.bytes);
    const all = this.kept.subarray(0, this.keptBytes);
    const tail = all.subarray(this.isCut ? firstCharacter(all) : 0);
    const text = tail.subarray(startOfLines(tail, this.window.lines)).toString('utf8');
    return endOf(text, this.window.bytes);
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

/** The end of a text that is so many bytes long at most. */
function endOf(text: string, bytes: number): string {
  if (Buffer.byteLength(text) <= bytes) return text;
  const all = Buffer.from(text);
  const end = all.subarray(all.length - bytes);
  return end.subarray(firstCharacter(end)).toString('utf8');
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
