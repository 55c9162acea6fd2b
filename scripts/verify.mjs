// Sets up what the tests need, runs every gate and every test, and ends with `N passed, N failed`.
//
//   npm run verify [-- --no-install]
//
// --no-install only tells what is missing, and exits 1 when something is.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ROOT, run } from './lib/commands.mjs';
import { installPackages } from './lib/packages.mjs';

const CLOSING_LINE = /^(\d+) passed, (\d+) failed$/;

const { values: options } = parseArgs({
  options: { 'no-install': { type: 'boolean', default: false } },
});
const noInstall = options['no-install'];
const begun = Date.now();
const total = { passed: 0, failed: 0 };

function say(text) {
  const time = Math.round((Date.now() - begun) / 1000);
  console.log(
    `[${String(Math.floor(time / 60)).padStart(2)}:${String(time % 60).padStart(2, '0')}] ${text}`,
  );
}

/** Runs a step that counts as one check. */
async function check(title, command, args) {
  const start = Date.now();
  const passed = (await run(command, args)) === 0;
  total[passed ? 'passed' : 'failed'] += 1;
  say(`${title}: ${passed ? 'passed' : 'FAILED'} (${Math.round((Date.now() - start) / 1000)} s)`);
  return passed;
}

async function main() {
  await setUp();
  say('Building ...');
  if (!(await check('build', 'npm', ['run', '--silent', 'build']))) return;
  for (const gate of await gates()) await check(gate, 'npm', ['run', '--silent', gate]);
  say('Running the tests; engines start and stop with them ...');
  await runTests();
}

async function setUp() {
  await installPackages(say);
  say('Looking for the engines and tools that the tests need ...');
  const script = join(ROOT, 'test/engines/install.sh');
  if ((await run('bash', [script, ...(noInstall ? ['--no-install'] : [])])) === 0) {
    await buildCluster();
    return;
  }
  throw new Error(
    noInstall
      ? 'the tests need what is named above; nothing was installed'
      : 'what the tests need could not be installed',
  );
}

/** Some minutes the first time; what comes of it is kept beside the other caches. */
async function buildCluster() {
  say('Building the Kubernetes of the tests, unless it is there ...');
  const script = join(ROOT, 'test/engines/kubernetes/build.sh');
  if ((await run('bash', [script])) !== 0) throw new Error('Kubernetes could not be built');
}

/** The steps of `npm run check` but for the unit tests, which run with all others. */
async function gates() {
  const { scripts } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'));
  const names = [...scripts.check.matchAll(/npm run (\S+)/g)].map(([, name]) => name);
  return names.filter((name) => name !== 'test');
}

async function runTests() {
  let closing;
  const code = await run('vitest', ['run'], {
    onLine(line) {
      closing = CLOSING_LINE.exec(line) ?? closing;
      if (!CLOSING_LINE.test(line)) console.log(line);
    },
  });
  const [passed = 0, failed = 0] = closing?.slice(1).map(Number) ?? [];
  total.passed += passed;
  total.failed += failed;
  // A run that broke off, or failed for what is not a test, must not count as green.
  if ((code !== 0 && failed === 0) || passed === 0) {
    say(`the test run failed (exit code ${code})`);
    total.failed += 1;
  }
}

main()
  .catch((error) => {
    say(error.message);
    total.failed += 1;
  })
  .finally(() => {
    process.exitCode = total.failed > 0 ? 1 : 0;
    console.log(`${total.passed} passed, ${total.failed} failed`);
  });
