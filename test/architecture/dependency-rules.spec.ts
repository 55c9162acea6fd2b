import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../..');

interface Configuration {
  readonly forbidden: readonly { readonly name: string }[];
}

interface Violation {
  readonly rule: { readonly name: string };
  readonly from: string;
}

/** Runs the gate's own command on a tree; its exit code is the number of violations. */
async function violationsOf(folder: string): Promise<readonly Violation[]> {
  const command = join(ROOT, 'node_modules/.bin/depcruise');
  const rules = ['--config', join(ROOT, '.dependency-cruiser.cjs'), '--output-type', 'json', 'src'];
  const options = { cwd: folder, maxBuffer: 64 * 1024 * 1024 };
  const { stdout } = await promisify(execFile)(command, rules, options).catch(
    (error: { readonly stdout: string }) => error,
  );
  return (JSON.parse(stdout) as { summary: { violations: Violation[] } }).summary.violations;
}

/** For each rule a file that breaks it, and what it imports. */
const PLANTED: Readonly<Record<string, readonly [file: string, imported: string]>> = {
  'scheduling-does-not-import-to-its-left': [
    'src/scheduling/domain/a.ts',
    '../../jobs/domain/target.js',
  ],
  'storage-does-not-import-to-its-left': [
    'src/storage/domain/a.ts',
    '../../scheduling/domain/target.js',
  ],
  'shared-does-not-import-to-its-left': ['src/shared/a.ts', '../storage/domain/target.js'],
  'domain-is-pure': ['src/jobs/domain/pure.ts', 'node:fs'],
  'domain-imports-only-domain': ['src/jobs/domain/outward.ts', '../../config/target.js'],
  'application-knows-ports-only': ['src/jobs/application/a.ts', '../../clients/x/target.js'],
  'application-takes-two-decorators-of-nest': ['src/jobs/application/b.ts', 'dockerode'],
  'adapters-do-not-import-each-other': ['src/storage/adapters/one/a.ts', '../two/target.js'],
  'http-knows-no-adapter': ['src/jobs/http/a.ts', '../../storage/adapters/two/target.js'],
  'only-modules-wire-adapters': ['src/wiring.ts', './storage/adapters/two/target.js'],
  'sdk-stays-in-its-rooms': ['src/storage/adapters/one/sdk.ts', 'dockerode'],
  'kubernetes-sdk-stays-in-its-rooms': [
    'src/storage/adapters/one/cluster.ts',
    '@kubernetes/client-node',
  ],
  'axios-stays-in-its-rooms': ['src/storage/adapters/one/http.ts', 'axios'],
  'no-circle': ['src/shared/circle-a.ts', './circle-b.js'],
};

const TARGETS = [
  'src/jobs/domain/target.ts',
  'src/scheduling/domain/target.ts',
  'src/storage/domain/target.ts',
  'src/config/target.ts',
  'src/clients/x/target.ts',
  'src/storage/adapters/two/target.ts',
];

describe('the rules of the architecture', () => {
  it('hold', async () => {
    expect(await violationsOf(ROOT)).toEqual([]);
  });

  it('are all tried by a planted violation', () => {
    const load = createRequire(import.meta.url);
    const { forbidden } = load(join(ROOT, '.dependency-cruiser.cjs')) as Configuration;
    const names = forbidden.map(({ name }) => name);
    expect(names.toSorted()).toEqual(Object.keys(PLANTED).toSorted());
  });
});

describe('a planted violation', () => {
  let folder = '';
  let violations: readonly Violation[] = [];

  async function plant(file: string, text: string): Promise<void> {
    await mkdir(dirname(join(folder, file)), { recursive: true });
    await writeFile(join(folder, file), text);
  }

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pman-rules-'));
    await cp(join(ROOT, 'tsconfig.json'), join(folder, 'tsconfig.json'));
    await cp(join(ROOT, 'package.json'), join(folder, 'package.json'));
    await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    for (const target of TARGETS) await plant(target, 'export const value = 1;\n');
    for (const [file, imported] of Object.values(PLANTED)) {
      await plant(file, `import * as value from '${imported}';\nexport const kept = value;\n`);
    }
    await plant('src/shared/circle-b.ts', "export { kept } from './circle-a.js';\n");
    violations = await violationsOf(folder);
  });

  afterAll(() => rm(folder, { recursive: true }));

  it.each(Object.entries(PLANTED))('of %s is caught', (name, [file]) => {
    expect(violations.map(({ rule, from }) => `${rule.name}: ${from}`)).toContain(
      `${name}: ${file}`,
    );
  });
});
