import { configDefaults, defineConfig } from 'vitest/config';

/** Real engines, one job after another on a small machine. */
const ENGINE_TIMEOUT_MS = 120_000;

/** What is asked of some targets of the contract suite only. */
const ASKED_OF: Readonly<Record<string, readonly string[]>> = {
  'test/contract/cluster.spec.ts': ['kubernetes'],
  'test/contract/volumes.spec.ts': ['docker', 'podman'],
};

/** The files that have nothing to ask of the targets that CONTRACT_TARGETS names. */
function idleFiles(): readonly string[] {
  const chosen = process.env['CONTRACT_TARGETS']?.split(',');
  if (chosen === undefined) return [];
  return Object.keys(ASKED_OF).filter(
    (file) => !ASKED_OF[file]?.some((target) => chosen.includes(target)),
  );
}

export default defineConfig({
  test: {
    pool: 'forks',
    reporters: ['default', './test/reporters/closing-line.ts'],
    projects: [
      {
        test: {
          name: 'unit',
          include: [
            'src/**/*.spec.ts',
            'test/architecture/**/*.spec.ts',
            'test/oracle/checker/**/*.spec.ts',
          ],
          testTimeout: 30_000,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.spec.ts'],
          testTimeout: ENGINE_TIMEOUT_MS,
          hookTimeout: ENGINE_TIMEOUT_MS,
        },
      },
      {
        test: {
          name: 'contract',
          include: ['test/contract/**/*.spec.ts'],
          exclude: [...configDefaults.exclude, ...idleFiles()],
          testTimeout: ENGINE_TIMEOUT_MS,
          hookTimeout: ENGINE_TIMEOUT_MS,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'faults',
          include: ['test/faults/**/*.spec.ts', 'test/oracle/*.spec.ts'],
          testTimeout: ENGINE_TIMEOUT_MS,
          hookTimeout: ENGINE_TIMEOUT_MS,
          // Each file has an engine of its own, and most of them wait most of the time.
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'image',
          include: ['test/image/**/*.spec.ts'],
          testTimeout: 900_000,
          hookTimeout: 900_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
