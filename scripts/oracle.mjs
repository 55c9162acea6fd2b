// Runs replicas of the service through faults and judges what their clients have seen: docs/oracle.md.
//
//   npm run oracle -- [--engine docker|podman] [--seed N] [--seconds S] [--runs K]
import { join } from 'node:path';
import { runnerImport } from 'vite';
import { ROOT } from './lib/commands.mjs';

const { module } = await runnerImport(join(ROOT, 'test/oracle/run/main.ts'), {
  configFile: false,
  logLevel: 'error',
});
process.exitCode = await module.main(process.argv.slice(2));
