import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../..');
const ROW = /^\| (.+?) +\| `([^`]+\.spec\.ts)` +\| `([^`]+)` +\|$/gm;

const rows = [...readFileSync(resolve(ROOT, 'docs/v1-rules.md'), 'utf8').matchAll(ROW)].map(
  ([, rule = '', file = '', title = '']) => ({ rule, file, title }),
);

/** The string literals of a test file, which include its titles. */
function literalsOf(file: string): string {
  return readFileSync(resolve(ROOT, file), 'utf8').replaceAll(String.raw`\'`, "'");
}

describe('the table of v1 rules', () => {
  it('is not empty', () => {
    expect(rows.length).toBeGreaterThan(50);
  });

  it.each(rows)('names a test for: $rule', ({ file, title }) => {
    const literals = literalsOf(file);
    const quoted = [`'${title}'`, `"${title}"`];
    expect(quoted.some((literal) => literals.includes(literal))).toBe(true);
  });
});
