import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../..');
const FOLDER = 'test/faults';
/** A fault with the lines below its heading. */
const SECTION = /^### ([A-Z]\d+) .+\n((?:(?!##).*\n)*)/gm;
const ENTRY = /^- `([^`]+)` in `([^`]+\.spec\.ts)`$/;
const TITLE = /['"`]([A-Z]\d+: [^'"`\n]+)['"`]/g;
const numbered = (letter: string, length: number): readonly string[] =>
  Array.from({ length }, (_, index) => `${letter}${index + 1}`);
/** Those of container engines, of clusters, of SLURM, of Cromwell, of a swarm, and of the surroundings. */
const REQUIRED = [
  ...numbered('D', 29),
  'P1',
  ...numbered('K', 8),
  ...numbered('L', 3),
  ...numbered('C', 3),
  ...numbered('S', 3),
  'X1',
  'X2',
];

const sections = [...readFileSync(resolve(ROOT, 'docs/faults.md'), 'utf8').matchAll(SECTION)].map(
  ([, id = '', text = '']) => ({ id, lines: text.split('\n').filter((line) => line !== '') }),
);

const rows = sections.flatMap(({ id, lines }) =>
  lines.slice(1).map((line) => {
    const [, title = '', file = ''] = ENTRY.exec(line) ?? [];
    return { id, file, title, line };
  }),
);

const titlesOf = (file: string): readonly string[] =>
  [...readFileSync(resolve(ROOT, file), 'utf8').matchAll(TITLE)].map(([, title = '']) => title);

const titles = readdirSync(join(ROOT, FOLDER))
  .filter((name) => name.endsWith('.faults.spec.ts'))
  .flatMap((name) => titlesOf(join(FOLDER, name)));

describe('the list of faults', () => {
  it('has a heading, a sentence and tests for each fault, once', () => {
    const ids = sections.map(({ id }) => id);
    expect(ids.toSorted()).toEqual([...new Set(ids)].toSorted());
    for (const { lines } of sections) expect(lines[0]).toMatch(/^[A-Z].+\.$/);
  });

  it('has nothing but tests below the sentence of a fault', () => {
    expect(rows.filter(({ title }) => title === '').map(({ line }) => line)).toEqual([]);
  });

  it('has every fault that is provided for', () => {
    const ids = new Set(rows.map(({ id }) => id));
    expect(REQUIRED.filter((id) => !ids.has(id))).toEqual([]);
  });

  it.each(rows)('names a test: $title', ({ id, file, title }) => {
    expect(title.startsWith(`${id}: `)).toBe(true);
    expect(titlesOf(file)).toContain(title);
  });

  it('leaves out no test', () => {
    const named = new Set(rows.map(({ title }) => title));
    const isRequired = (title: string): boolean => REQUIRED.includes(title.split(':')[0] ?? '');
    expect(titles.filter((title) => isRequired(title) && !named.has(title))).toEqual([]);
  });
});
