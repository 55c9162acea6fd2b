import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { merge } from './merge.js';

async function* after(steps: readonly (readonly [number, string])[]): AsyncGenerator<string> {
  for (const [ms, word] of steps) {
    await sleep(ms);
    if (word === 'fail') throw new Error('failed');
    yield word;
  }
}

async function read(stream: AsyncIterable<string>, into: string[] = []): Promise<string[]> {
  for await (const word of stream) into.push(word);
  return into;
}

describe('merged streams', () => {
  it('give whatever comes first from any', async () => {
    const slow = after([
      [20, 'b'],
      [40, 'd'],
    ]);
    const quick = after([
      [1, 'a'],
      [40, 'c'],
    ]);
    expect(await read(merge([slow, quick]))).toEqual(['a', 'b', 'c', 'd']);
  });

  it('end when all have ended', async () => {
    expect(await read(merge([after([]), after([[1, 'a']])]))).toEqual(['a']);
    expect(await read(merge([]))).toEqual([]);
  });

  it('fail with the first that fails, after what came before', async () => {
    const seen: string[] = [];
    const failing = after([
      [1, 'a'],
      [1, 'fail'],
    ]);
    await expect(read(merge([failing, after([[60_000, 'late']])]), seen)).rejects.toThrow('failed');
    expect(seen).toEqual(['a']);
  });
});
