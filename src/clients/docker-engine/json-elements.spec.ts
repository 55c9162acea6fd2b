import { Readable } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readElements } from './json-elements.js';

const never = new AbortController().signal;

const read = (pieces: readonly (string | Buffer)[]): Promise<unknown[]> =>
  readElements(Readable.from(pieces.map((piece) => Buffer.from(piece))), never, (one) => one);

/** Cut before each of these bytes. */
function cut(document: Buffer, places: readonly number[]): Buffer[] {
  const ends = [...new Set(places.map((place) => place % (document.length + 1)))];
  const bounds = [0, ...ends.toSorted((a, b) => a - b), document.length];
  return bounds.slice(1).map((end, index) => document.subarray(bounds[index], end));
}

describe('an array that comes in pieces', () => {
  it('is what a parser makes of the whole, wherever it is cut and however it is spaced', async () => {
    const elements = fc.array(fc.jsonValue({ maxDepth: 3, stringUnit: 'binary' }), {
      maxLength: 8,
    });
    const places = fc.array(fc.nat(10_000), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(
        elements,
        places,
        fc.constantFrom('', ' ', '\n', '\t'),
        async (all, at, by) => {
          const document = JSON.stringify(all, undefined, by);
          expect(await read(cut(Buffer.from(`${by}${document}\n`), at))).toEqual(
            JSON.parse(document),
          );
        },
      ),
      { numRuns: 500 },
    );
  });

  it.each(['["],[", "\\"],", "\\\\"]', '[{"a":"}"},"[",{"]":[1,{"b":[]}]}]', '[1 , null,true]'])(
    'is not cut within a string: %s',
    async (document) => {
      expect(await read(document.split(''))).toEqual(JSON.parse(document));
    },
  );

  it('is kept as what is taken of each element', async () => {
    const answer = Readable.from([Buffer.from('[{"a":1,"b":2},{"a":3}]')]);
    expect(await readElements(answer, never, (one) => (one as { a: number }).a)).toEqual([1, 3]);
  });

  it.each(['', '[', '[1', '[1,', '[1,]', '[,1]', '[1,,2]', '["a]', '[{]', '[}]'])(
    'is an error where it breaks off or is none: %s',
    async (document) => {
      await expect(read([document])).rejects.toBeInstanceOf(SyntaxError);
    },
  );

  it.each(['{"message":"no"}', 'null', '"[]"', '<html>', '[][]', '[] x', '404 page not found'])(
    'is an error where it is something else: %s',
    async (document) => {
      await expect(read([document])).rejects.toBeInstanceOf(SyntaxError);
    },
  );

  it('is read no further when nobody wants it any more', async () => {
    const gone = new AbortController();
    const endless = new Readable({ read: () => undefined });
    endless.push('[1,');
    const reading = readElements(endless, gone.signal, (one) => one);
    gone.abort();
    await expect(reading).rejects.toMatchObject({ name: 'AbortError' });
    expect(endless.destroyed).toBe(true);
  });
});
