import fc from 'fast-check';
import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { QUOTE_PRELUDE, quoteWords } from './shell-quote.js';

const HARD_WORDS = [
  "it's",
  '~{x} ${x} $(id) `id`',
  '"',
  '\\',
  'a\nb\r',
  'a\r\nb',
  '<<<>>>',
  '-o/etc/x',
  '',
  '*',
];

/** What a real shell makes of the words. */
function readByShell(words: readonly string[]): readonly string[] {
  const script = `${QUOTE_PRELUDE}\nset -- ${quoteWords(words)}\nfor word in "$@"; do printf '%s\\0' "$word"; done`;
  const output = execFileSync('/bin/sh', ['-s'], { input: script, encoding: 'utf8' });
  return output.split('\0').slice(0, -1);
}

describe('quoted words', () => {
  it('are to a shell exactly what they were', () => {
    expect(readByShell(HARD_WORDS)).toEqual(HARD_WORDS);
  });

  it('have no line break that sbatch refuses', () => {
    expect(quoteWords(HARD_WORDS)).not.toContain('\r');
  });

  it('are so whatever they are', () => {
    const piece = fc.oneof(fc.constantFrom(...HARD_WORDS), fc.string({ unit: 'grapheme' }));
    const word = fc.array(piece, { maxLength: 5 }).map((pieces) => pieces.join(''));
    const words = fc.array(
      word.filter((text) => !text.includes('\0')),
      { maxLength: 20 },
    );
    fc.assert(
      fc.property(words, (given) => {
        expect(readByShell(given)).toEqual(given);
      }),
      { numRuns: 60 },
    );
  });
});
