import { access, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  environmentExample,
  replaceBetweenMarks,
  variableTables,
} from '../../scripts/lib/tables.mjs';
import { ENVIRONMENT_CLASSES, VARIABLES } from '../../src/config/environment.js';
import { variablesOf } from '../../src/config/environment/variable.js';
import { cells, readPage, ROOT, section } from './markdown.js';

const README = await readPage('README.md');

describe('the documented settings', () => {
  it('are those of the service, in docs/configuration.md', async () => {
    const page = await readPage('docs/configuration.md');
    const groups = ENVIRONMENT_CLASSES.map((group) => ({
      name: group.name,
      variables: variablesOf(group),
    }));
    expect(groups.flatMap(({ variables }) => variables)).toEqual(VARIABLES);
    expect(replaceBetweenMarks(page, 'variables', variableTables(groups))).toBe(page);
  });

  it('are those of the service, in .env.example', async () => {
    expect(await readPage('.env.example')).toBe(environmentExample(VARIABLES));
  });

  it('are those of the service, in the README, each with its default', () => {
    const rows = cells(section(README, 'Configuration')).filter(([, name]) =>
      name?.startsWith('`'),
    );
    expect(rows.length).toBeGreaterThan(7);
    for (const [, names = '', fallback] of rows) {
      for (const [, name] of names.matchAll(/`([A-Z_]+)`/g)) {
        const variable = VARIABLES.find((known) => known.name === name);
        const inCode = variable?.default.includes(' ')
          ? variable.default
          : `\`${variable?.default}\``;
        expect([name, fallback]).toEqual([name, variable?.default === '' ? '' : inCode]);
      }
    }
  });
});

describe('the documentation', () => {
  const pages = async (): Promise<[string, string][]> => {
    const names = ['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md'];
    for (const folder of ['docs', 'docs/install', 'deploy/kubernetes']) {
      const entries = await readdir(join(ROOT, folder));
      names.push(
        ...entries.filter((name) => name.endsWith('.md')).map((name) => join(folder, name)),
      );
    }
    return Promise.all(names.map(async (name) => [name, await readPage(name)] as [string, string]));
  };

  it('names only commands that exist', async () => {
    const { scripts } = JSON.parse(await readPage('package.json')) as {
      scripts: Record<string, string>;
    };
    for (const [, text] of await pages()) {
      for (const [, name = ''] of text.matchAll(/npm run ([\w:-]+)/g)) {
        expect(scripts).toHaveProperty([name]);
      }
    }
  });

  it('links only to what exists', async () => {
    for (const [page, text] of await pages()) {
      for (const [, link = ''] of text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)) {
        const path = join(ROOT, dirname(page), link);
        await expect(access(path), `${page}: ${link}`).resolves.toBeUndefined();
      }
    }
  });

  it('is linked from the README, page by page', async () => {
    const names = (await pages()).map(([page]) => page).filter((page) => page !== 'README.md');
    expect(names.filter((page) => !README.includes(`](${page})`))).toEqual([]);
  });
});
