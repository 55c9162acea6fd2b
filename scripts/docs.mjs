// Writes the tables of docs/configuration.md and .env.example from the service's own declarations.
//
//   npm run docs
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ENVIRONMENT_CLASSES, VARIABLES } from '../dist/config/environment.js';
import { variablesOf } from '../dist/config/environment/variable.js';
import { ROOT } from './lib/commands.mjs';
import { environmentExample, replaceBetweenMarks, variableTables } from './lib/tables.mjs';

const groups = ENVIRONMENT_CLASSES.map((group) => ({
  name: group.name,
  variables: variablesOf(group),
}));
const page = join(ROOT, 'docs/configuration.md');
const text = await readFile(page, 'utf8');
await writeFile(page, replaceBetweenMarks(text, 'variables', variableTables(groups)));
await writeFile(join(ROOT, '.env.example'), environmentExample(VARIABLES));
