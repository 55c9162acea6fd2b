import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../..');
/** A rule with the lines below it. */
const RULE = /^- (.+)\n((?: {2}.*\n)*)/gm;
const ENTRY = /^ {2}- `([^`]+)` in `([^`]+\.spec\.ts)`$/;

const rules = [...readFileSync(resolve(ROOT, 'docs/v1-rules.md'), 'utf8').matchAll(RULE)].map(
  ([, rule = '', text = '']) => ({ rule, lines: text.split('\n').filter((line) => line !== '') }),
);

const rows = rules.flatMap(({ rule, lines }) =>
  lines.map((line) => {
    const [, title = '', file = ''] = ENTRY.exec(line) ?? [];
    return { rule, file, title, line };
  }),
);

/** The string literals of a test file, which include its titles. */
function literalsOf(file: string): string {
  return readFileSync(resolve(ROOT, file), 'utf8').replaceAll(String.raw`\'`, "'");
}

describe('the list of v1 rules', () => {
  it('is not empty', () => {
    expect(rows.length).toBeGreaterThan(50);
  });

  it('has a test for each rule, and nothing else below it', () => {
    expect(rules.filter(({ lines }) => lines.length === 0)).toEqual([]);
    expect(rows.filter(({ title }) => title === '').map(({ line }) => line)).toEqual([]);
  });

  it.each(rows)('names a test for: $rule', ({ file, title }) => {
    const literals = literalsOf(file);
    const quoted = [`'${title}'`, `"${title}"`];
    expect(quoted.some((literal) => literals.includes(literal))).toBe(true);
  });
});
