// Writes the README's table of variables and .env.example from the service's own declarations.
//
//   npm run docs
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { VARIABLES } from '../dist/config/environment.js';
import { ROOT } from './lib/commands.mjs';
import { environmentExample, replaceBetweenMarks, variableTable } from './lib/tables.mjs';

const readme = join(ROOT, 'README.md');
const text = await readFile(readme, 'utf8');
await writeFile(readme, replaceBetweenMarks(text, 'variables', variableTable(VARIABLES)));
await writeFile(join(ROOT, '.env.example'), environmentExample(VARIABLES));
