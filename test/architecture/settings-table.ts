import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { VARIABLES } from '../../src/config/environment.js';

const DOCS = resolve(import.meta.dirname, '../../docs');
const ROW = /^\| +(?:none|`([A-Z_]+)=(.+?)`) +\| +(?:`(.+?)`|no place.*?) +\| +(?:`(.+?)`)? *\|$/gm;

type Settings = Readonly<Record<string, string>>;

/** A table of docs/ with rows of a setting, a place and a value. */
export interface SettingsTable {
  readonly file: string;
  /** Such as `a cluster`. */
  readonly where: string;
  /** What the settings make of the README's sample, as the backend gets it. */
  readonly build: (settings: Settings) => unknown;
  /** Short words for the beginning of a place. */
  readonly places: readonly (readonly [RegExp, string])[];
  /** Variables of these backends alone have a row each. */
  readonly backends: readonly string[];
  readonly minimum: number;
}

/** Tests that each row is what is built, and that no variable of the backends is in no row. */
export function describeSettingsTable(table: SettingsTable): void {
  const rows = [...readFileSync(resolve(DOCS, table.file), 'utf8').matchAll(ROW)].map(
    ([, variable, setting = '', place, value = '']) => ({ variable, setting, place, value }),
  );

  describe(`the table of what settings do to a job on ${table.where}`, () => {
    it('has every variable of these backends alone', () => {
      const own = VARIABLES.filter(({ only = ['all'] }) =>
        only.every((backend) => table.backends.includes(backend)),
      );
      const named = new Set(rows.map(({ variable }) => variable));
      expect(named.size).toBeGreaterThan(table.minimum);
      expect(own.map(({ name }) => name).filter((name) => !named.has(name))).toEqual([]);
    });

    it.each(rows.filter(({ place }) => place !== undefined))(
      'is right of $variable=$setting at $place',
      ({ variable, setting, place = '', value }) => {
        const built = table.build(variable === undefined ? {} : { [variable]: setting });
        expect(at(built, place, table.places)).toEqual(JSON.parse(value));
      },
    );

    it.each(rows.filter(({ variable, place }) => variable !== undefined && place === undefined))(
      'is right that $variable=$setting changes nothing of the sample',
      ({ variable = '', setting }) => {
        expect(table.build({ [variable]: setting })).toEqual(table.build({}));
      },
    );
  });
}

/** What stands at a place such as `pod.nodeSelector` or `metadata.labels["a.b/c"]`. */
function at(built: unknown, place: string, places: SettingsTable['places']): unknown {
  const path = places.reduce((text, [word, full]) => text.replace(word, full), place);
  const keys = [...path.matchAll(/\["(.+?)"\]|([^.[]+)/g)].map(([, quoted, key]) => quoted ?? key);
  return keys.reduce<unknown>(
    (value, key) => (value as Record<string, unknown> | undefined)?.[key ?? ''],
    built,
  );
}
