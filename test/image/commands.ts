import { spawn } from 'node:child_process';
import { createServer, type AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** The project's folder. */
export const ROOT = resolve(import.meta.dirname, '../..');

export interface Outcome {
  readonly code: number | undefined;
  /** Standard output and standard error in the order in which they came. */
  readonly output: string;
  /** Standard output alone. */
  readonly stdout: string;
}

interface Options {
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  readonly input?: string;
}

/** A program that runs; `said` grows while it does. */
export interface Running {
  readonly ended: Promise<Outcome>;
  said(): string;
  signal(name: NodeJS.Signals): void;
}

export function start(command: string, args: readonly string[], options: Options = {}): Running {
  const { env = process.env, cwd = ROOT, input = '' } = options;
  const child = spawn(command, args, { cwd, env });
  let output = '';
  let stdout = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    output += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  child.stdin.on('error', () => undefined).end(input);
  const ended = new Promise<Outcome>((done, fail) => {
    child.once('error', fail);
    child.once('close', (code) => done({ code: code ?? undefined, output, stdout }));
  });
  return { ended, said: () => output, signal: (name) => child.kill(name) };
}

export function run(command: string, args: readonly string[], options?: Options): Promise<Outcome> {
  return start(command, args, options).ended;
}

/** @returns standard output, trimmed. @throws Error with all it said when the command fails. */
export async function demand(
  command: string,
  args: readonly string[],
  options?: Options,
): Promise<string> {
  const { code, output, stdout } = await run(command, args, options);
  if (code === 0) return stdout.trim();
  throw new Error(`${command} ${args.join(' ')} ended with ${code}:\n${output.slice(-4_000)}`);
}

const script = (path: string): string => join(ROOT, 'test/engines', path);

/** A throw-away engine. @returns its address, as in DOCKER_HOST. */
export async function startEngine(kind: 'docker' | 'podman', name: string): Promise<string> {
  const env = { ...process.env, NAME: name };
  const said = await demand('bash', [script(`${kind}/up.sh`)], { env });
  const address = /^DOCKER_HOST=(\S+)$/m.exec(said)?.[1];
  if (address === undefined) throw new Error(`${kind}/up.sh named no DOCKER_HOST:\n${said}`);
  return address;
}

export async function stopEngine(kind: 'docker' | 'podman', name: string): Promise<void> {
  await demand('bash', [script(`${kind}/down.sh`)], { env: { ...process.env, NAME: name } });
}

/** @returns the last line of what a script in test/engines prints. */
export async function lastLineOf(path: string, ...args: string[]): Promise<string> {
  return (await demand('bash', [script(path), ...args])).split('\n').at(-1) ?? '';
}

export function freePort(): Promise<number> {
  return new Promise((done) => {
    const server = createServer();
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => done(port));
    });
  });
}

/** Asks again and again until the answer is there. */
export async function eventually<T>(
  question: () => Promise<T | undefined>,
  seconds: number,
  what: string,
): Promise<T> {
  const end = Date.now() + seconds * 1_000;
  while (Date.now() < end) {
    const answer = await question();
    if (answer !== undefined) return answer;
    await sleep(100);
  }
  throw new Error(`not in ${seconds} s: ${what}`);
}
