import fc from 'fast-check';

/** What a shell, a template language, sbatch or an option parser could take for its own. */
const HARD_PIECES = [
  "'",
  '"',
  '\\',
  '\n',
  '\r',
  '$(id)',
  '`id`',
  '~{x}',
  '${x}',
  '<<<>>>',
  '#SBATCH --uid=0',
  '-o',
  '--',
  '*',
  ' ',
];

const WORDS = 300;
const SEED = 7;

/** Words that are hard to hand on, the same ones each time; no NUL, which no word can hold. */
export function hardWords(): readonly string[] {
  const piece = fc.oneof(fc.constantFrom(...HARD_PIECES), fc.string({ unit: 'grapheme' }));
  const word = fc.array(piece).map((pieces) => pieces.join('').replaceAll('\0', ''));
  return fc.sample(word, { numRuns: WORDS, seed: SEED });
}
