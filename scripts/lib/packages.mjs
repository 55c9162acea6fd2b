import { spawnSync } from 'node:child_process';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT, runQuietly, withoutLocalPrograms } from './commands.mjs';

/** What a build reads; a build older than any of them is out of date. */
const SOURCES = [
  'src',
  'scripts/bundle.mjs',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'nest-cli.json',
];

/** Installs what package-lock.json names, unless node_modules holds exactly that. */
export async function installPackages(say) {
  if (await packagesMatchTheLock()) {
    say('The npm packages are installed.');
    return;
  }
  say('Installing the npm packages ...');
  // No package of the lockfile needs its install script to work.
  const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  await runQuietly('npm', ['ci', ...quiet], { env: withoutLocalPrograms() });
}

/** Builds dist/ unless it is newer than the sources. */
export async function buildService(say) {
  if (await buildIsFresh()) {
    say('The service is built.');
    return;
  }
  say('Building the service ...');
  await runQuietly('npm', ['run', '--silent', 'build']);
}

/** The Node of the lockfile where it runs on this machine, else the one that runs this script. */
export function nodeForTheService() {
  const local = join(ROOT, 'node_modules', '.bin', 'node');
  return spawnSync(local, ['--version']).status === 0 ? local : process.execPath;
}

/** npm leaves a list of what it installed; packages for other platforms are not in it. */
async function packagesMatchTheLock() {
  const wanted = await readPackages('package-lock.json');
  const present = await readPackages('node_modules/.package-lock.json');
  if (wanted === undefined || present === undefined) return false;
  const foreign = Object.keys(present).some((path) => !(path in wanted));
  const complete = Object.entries(wanted).every(
    ([path, { version, optional, devOptional }]) =>
      path === '' || present[path]?.version === version || optional || devOptional,
  );
  return complete && !foreign;
}

async function readPackages(file) {
  try {
    return JSON.parse(await readFile(join(ROOT, file), 'utf8')).packages;
  } catch {
    return undefined;
  }
}

async function buildIsFresh() {
  const built = await modified(join(ROOT, 'dist/bundle/main.js'));
  const sources = await Promise.all(SOURCES.map((name) => newest(join(ROOT, name))));
  return built > Math.max(...sources);
}

async function newest(path) {
  const entries = await readdir(path, { recursive: true }).catch(() => []);
  const times = await Promise.all(['', ...entries].map((name) => modified(join(path, name))));
  return Math.max(...times);
}

async function modified(path) {
  return (await stat(path).catch(() => ({ mtimeMs: 0 }))).mtimeMs;
}
