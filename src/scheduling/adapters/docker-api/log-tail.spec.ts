import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LogWindow } from '../../domain/scheduler.port.js';
import { LogTail } from './log-tail.js';

const ALL: LogWindow = { lines: undefined, bytes: 1024 * 1024 };

function frame(payload: Buffer | string, stream = 1): Buffer {
  const body = Buffer.from(payload as string);
  const header = Buffer.alloc(8);
  header[0] = stream;
  header.writeUInt32BE(body.length, 4);
  return Buffer.concat([header, body]);
}

function tailOf(stream: Buffer, window: LogWindow, chunkSize = stream.length): string {
  const tail = new LogTail(window);
  for (let at = 0; at < stream.length; at += chunkSize)
    tail.push(stream.subarray(at, at + chunkSize));
  return tail.text();
}

const framed = (...payloads: (Buffer | string)[]): Buffer =>
  Buffer.concat(payloads.map((payload) => frame(payload)));

describe('the end of a log', () => {
  it('joins standard output and standard error in the order of their frames', () => {
    const stream = Buffer.concat([frame('out 1\n'), frame('err 1\n', 2), frame('out 2\n')]);
    expect(tailOf(stream, ALL)).toBe('out 1\nerr 1\nout 2\n');
  });

  it('is empty when nothing was written', () => {
    expect(tailOf(Buffer.alloc(0), ALL)).toBe('');
    expect(tailOf(framed('', ''), ALL)).toBe('');
  });

  it.each([
    [0, ''],
    [1, 'c\n'],
    [2, 'b\nc\n'],
    [3, 'a\nb\nc\n'],
    [9, 'a\nb\nc\n'],
    [undefined, 'a\nb\nc\n'],
  ])('has %s lines at most', (lines, text) => {
    expect(tailOf(framed('a\nb\n', 'c\n'), { ...ALL, lines })).toBe(text);
  });

  it('counts a last line without an end, and empty lines', () => {
    expect(tailOf(framed('a\nb'), { ...ALL, lines: 1 })).toBe('b');
    expect(tailOf(framed('a\n\n'), { ...ALL, lines: 1 })).toBe('\n');
    expect(tailOf(framed('\n'), { ...ALL, lines: 5 })).toBe('\n');
  });

  it.each([
    [10, 'abcdéf'],
    [7, 'abcdéf'],
    [6, 'bcdéf'],
    [3, 'éf'],
    [2, 'f'],
    [1, 'f'],
    [0, ''],
  ])('has %i bytes at most and begins with a whole character', (bytes, text) => {
    expect(tailOf(framed('abcdéf'), { lines: undefined, bytes })).toBe(text);
  });

  it('shows bytes that are not UTF-8 as replacement characters', () => {
    expect(tailOf(framed(Buffer.from([0x61, 0xff, 0xfe, 0x62])), ALL)).toBe('a\ufffd\ufffdb');
    expect(tailOf(framed(Buffer.from([0x80, 0x61])), ALL)).toBe('\ufffda');
  });

  it('puts a character together that two frames share', () => {
    const [first, second] = [Buffer.from([0xe6, 0x97]), Buffer.from([0xa5])];
    expect(tailOf(framed(first, second), ALL)).toBe('日');
  });

  it('of one huge frame is its end', () => {
    const stream = frame(Buffer.concat([Buffer.alloc(8 * 1024 * 1024, 'x'), Buffer.from('end\n')]));
    expect(tailOf(stream, { lines: undefined, bytes: 10 }, 64 * 1024)).toBe('xxxxxxend\n');
    expect(tailOf(stream, { lines: undefined, bytes: 10 })).toBe('xxxxxxend\n');
    expect(tailOf(stream, { lines: 1, bytes: 1024 * 1024 }, 64 * 1024)).toHaveLength(1024 * 1024);
  });

  it('of millions of tiny frames takes neither long nor much memory', () => {
    const block = Buffer.concat(Array.from({ length: 10_000 }, () => frame('y\n')));
    const tail = new LogTail(ALL);
    const began = performance.now();
    for (let round = 0; round < 200; round += 1) tail.push(block);
    expect(tail.text()).toHaveLength(1024 * 1024);
    expect(performance.now() - began).toBeLessThan(5_000);
  });

  it('is whole only between two frames', () => {
    const stream = framed('whole\n', 'finished');
    for (let length = 0; length <= stream.length; length += 1) {
      const tail = new LogTail(ALL);
      tail.push(stream.subarray(0, length));
      expect(tail.isWhole, `${length} bytes`).toBe([0, 14, stream.length].includes(length));
    }
  });

  it('is no longer than asked for when what is not UTF-8 grows', () => {
    const text = tailOf(framed(Buffer.alloc(1_000, 0xff), 'end\n'), {
      lines: undefined,
      bytes: 100,
    });
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(100);
    expect(text).toBe(`${'\ufffd'.repeat(32)}end\n`);
  });

  it('is the same however the stream is cut, and is what a plain reader would keep', () => {
    const payload = fc.oneof(
      fc.string({ unit: 'binary' }).map((text) => Buffer.from(text)),
      fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
      fc.constantFrom('\n', 'é\n', '日本\n\n', '').map((text) => Buffer.from(text)),
    );
    const cases = fc.record({
      payloads: fc.array(payload, { maxLength: 12 }),
      bytes: fc.integer({ min: 0, max: 120 }),
      lines: fc.option(fc.integer({ min: 0, max: 6 }), { nil: undefined }),
      chunkSize: fc.integer({ min: 1, max: 30 }),
    });
    fc.assert(
      fc.property(cases, ({ payloads, bytes, lines, chunkSize }) => {
        const window = { bytes, lines };
        const whole = tailOf(framed(...payloads), window);
        expect(Buffer.byteLength(whole)).toBeLessThanOrEqual(bytes);
        expect(tailOf(framed(...payloads), window, chunkSize)).toBe(whole);
        expect(tailOf(framed(Buffer.concat(payloads)), window)).toBe(whole);
        expect(plainTail(Buffer.concat(payloads), window)).toBe(whole);
      }),
      { numRuns: 2_000 },
    );
  });
});

/** The same in the plainest words, for logs that fit into memory. */
function plainTail(all: Buffer, window: LogWindow): string {
  let characters = Array.from(linesOfEnd(all, window));
  while (Buffer.byteLength(characters.join('')) > window.bytes) characters = characters.slice(1);
  return characters.join('');
}

function linesOfEnd(all: Buffer, { bytes, lines }: LogWindow): string {
  let start = Math.max(0, all.length - bytes);
  if (start > 0) {
    const last = Math.min(start + 3, all.length);
    while (start < last && ((all[start] ?? 0) & 0xc0) === 0x80) start += 1;
  }
  if (lines === undefined) return all.toString('utf8', start);
  const kept = [
    ...all
      .subarray(start)
      .toString('latin1')
      .matchAll(/[^\n]*\n|[^\n]+$/g),
  ].map(String);
  return Buffer.from(
    kept.slice(kept.length - Math.min(lines, kept.length)).join(''),
    'latin1',
  ).toString('utf8');
}
