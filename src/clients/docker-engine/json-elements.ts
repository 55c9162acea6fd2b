import { addAbortSignal, type Readable } from 'node:stream';

/**
 * Reads an answer that is a JSON array, element by element: the list of ten thousand containers is
 * several megabytes, and as one text and one array it would take many times that at once.
 * @param take makes of an element what is kept of it
 * @throws SyntaxError where the answer is no array, or breaks off
 */
export async function readElements<T>(
  answer: Readable,
  signal: AbortSignal,
  take: (element: unknown) => T,
): Promise<T[]> {
  const taken: T[] = [];
  const elements = new Elements((text) => taken.push(take(JSON.parse(text) as unknown)));
  for await (const chunk of addAbortSignal(signal, answer)) elements.feed(chunk as Buffer);
  elements.end();
  return taken;
}

/** Cuts an array that comes in pieces into the texts of its elements; what they are, a parser judges. */
class Elements {
  /** Brackets that are open; the outermost is the array's. */
  private depth = 0;
  private isInString = false;
  private isEscaped = false;
  private told = 0;
  private hasEnded = false;
  /** What has come so far of the element that is not complete. */
  private begun: Buffer[] = [];

  constructor(private readonly tell: (text: string) => void) {}

  feed(chunk: Buffer): void {
    let start = 0;
    for (let at = 0; at < chunk.length; at += 1) {
      const byte = chunk[at];
      if (this.isInString) {
        this.passString(byte);
      } else if (this.depth === 0) {
        this.passOutside(byte);
        start = at + 1;
      } else if (this.endsElement(byte)) {
        this.complete(chunk.subarray(start, at));
        start = at + 1;
      }
    }
    if (this.depth > 0) this.begun.push(chunk.subarray(start));
  }

  end(): void {
    if (!this.hasEnded) throw new SyntaxError('a JSON array breaks off');
  }

  private passString(byte: number | undefined): void {
    if (this.isEscaped) this.isEscaped = false;
    else if (byte === 0x5c /* \ */) this.isEscaped = true;
    else if (byte === 0x22 /* " */) this.isInString = false;
  }

  private passOutside(byte: number | undefined): void {
    if (byte === 0x5b /* [ */ && !this.hasEnded) this.depth = 1;
    else if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) {
      throw new SyntaxError('there is something else where a JSON array was expected');
    }
  }

  private endsElement(byte: number | undefined): boolean {
    switch (byte) {
      case 0x22 /* " */:
        this.isInString = true;
        return false;
      case 0x5b /* [ */:
      case 0x7b /* { */:
        this.depth += 1;
        return false;
      case 0x5d /* ] */:
      case 0x7d /* } */:
        this.depth -= 1;
        return this.depth === 0;
      case 0x2c /* , */:
        return this.depth === 1;
      default:
        return false;
    }
  }

  private complete(last: Buffer): void {
    const text = Buffer.concat([...this.begun, last]).toString();
    this.begun = [];
    this.hasEnded = this.depth === 0;
    const isNone = this.hasEnded && this.told === 0 && text.trim() === '';
    if (!isNone) this.tell(text);
    this.told += 1;
  }
}
