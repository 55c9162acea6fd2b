import { spawn } from 'node:child_process';
import { delimiter, join, resolve } from 'node:path';

/** The folder of package.json. */
export const ROOT = resolve(import.meta.dirname, '../..');

const LOCAL_PROGRAMS = join(ROOT, 'node_modules', '.bin');

/** The environment with the programs of node_modules first: among them the Node of the lockfile. */
export function withLocalPrograms(env = process.env) {
  return { ...env, PATH: [LOCAL_PROGRAMS, env.PATH ?? ''].join(delimiter) };
}

/** The environment without them, for what replaces node_modules itself. */
export function withoutLocalPrograms(env = process.env) {
  const folders = (env.PATH ?? '').split(delimiter).filter((folder) => folder !== LOCAL_PROGRAMS);
  return { ...env, PATH: folders.join(delimiter) };
}

/**
 * Runs a command in the project's folder to its end; its standard input is empty.
 * @param {{ env?: NodeJS.ProcessEnv, onLine?: (line: string) => void }} [options] with `onLine` each
 *   line of its output is handed over instead of shown
 * @returns {Promise<number>} its exit code; 128 and more after a signal
 */
export function run(command, args, { env = withLocalPrograms(), onLine } = {}) {
  const stdio = onLine ? ['ignore', 'pipe', 'pipe'] : ['ignore', 'inherit', 'inherit'];
  const child = spawn(command, args, { cwd: ROOT, env, stdio });
  const ends = [child.stdout, child.stderr].filter(Boolean).map((stream) => lines(stream, onLine));
  return new Promise((done, fail) => {
    child.once('error', fail);
    child.once('close', async (code) => {
      await Promise.all(ends);
      done(code ?? 128);
    });
  });
}

async function lines(stream, onLine) {
  stream.setEncoding('utf8');
  let rest = '';
  for await (const chunk of stream) {
    const parts = (rest + chunk).split('\n');
    rest = parts.pop() ?? '';
    parts.forEach(onLine);
  }
  if (rest !== '') onLine(rest);
}

/** Runs a command quietly; shows what it printed only when it fails. */
export async function runQuietly(command, args, options = {}) {
  const said = [];
  const code = await run(command, args, { ...options, onLine: (line) => said.push(line) });
  if (code !== 0) {
    const line = [command, ...args].join(' ');
    throw new Error(`\`${line}\` failed (exit code ${code}):\n${said.slice(-40).join('\n')}`);
  }
}
