import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../dist/bundle/main.js', import.meta.url));
const START_DEADLINE_MS = 60_000;
/** Beyond it a service that was asked to end is killed, and that is an error. */
const STOP_DEADLINE_MS = 20_000;

type Variables = Readonly<Record<string, string>>;

/** A service that can be reached, whatever runs it. */
export interface RunningService {
  readonly baseUrl: string;
  /** Process id. */
  readonly pid: number;
  /** The lines that it has written to its standard output so far. */
  readonly output: readonly string[];
  /** Ends it at once, as a power cut would, and starts it again, with other settings if need be. */
  crashAndRestart(changes?: Variables): Promise<RunningService>;
  /** Starts another one beside it with the same settings. */
  startReplica(): Promise<RunningService>;
  stop(): Promise<void>;
}

/** A service that is a process of this machine. */
export interface ServiceProcess extends RunningService {
  signal(name: NodeJS.Signals): void;
  crashAndRestart(changes?: Variables): Promise<ServiceProcess>;
}

/**
 * Starts the built service as a process of its own, with nothing of the tests' environment.
 * @param wrapper a command that replaces itself by the one that follows it
 */
export async function startServiceProcess(
  variables: Variables,
  wrapper: readonly string[] = [],
): Promise<ServiceProcess> {
  const service = [process.execPath, '--max-semi-space-size=2', '--heap-growing-percent=10', MAIN];
  const [command = '', ...words] = [...wrapper, ...service];
  const child = spawn(command, words, {
    env: { PATH: process.env['PATH'], HOST: '127.0.0.1', PORT: '0', ...variables },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output: string[] = [];
  const baseUrl = await listeningAddress(child, output);
  return {
    baseUrl,
    pid: child.pid ?? 0,
    output,
    signal: (name) => void child.kill(name),
    async crashAndRestart(changes = {}) {
      await end(child, 'SIGKILL');
      return startServiceProcess({ ...variables, ...changes }, wrapper);
    },
    startReplica: () => startServiceProcess(variables, wrapper),
    async stop() {
      await end(child, 'SIGTERM');
      if (child.exitCode !== 0) throw new Error('the service does not end well when asked to');
    },
  };
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill(signal);
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_DEADLINE_MS);
  await ended;
  clearTimeout(timer);
}

function listeningAddress(child: ChildProcess, output: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const words: string[] = [];
    const timer = setTimeout(() => child.kill('SIGKILL'), START_DEADLINE_MS);
    child.once('exit', () => {
      clearTimeout(timer);
      reject(new Error(`the service ended:\n${[...words, ...output].join('\n')}`));
    });
    child.stderr?.on('data', (chunk) => words.push(String(chunk)));
    if (child.stdout === null) throw new Error('the service has no output');
    createInterface({ input: child.stdout }).on('line', (line) => {
      output.push(line);
      const address = /"address":"(http:[^"]+)"/.exec(line)?.[1];
      if (address === undefined) return;
      clearTimeout(timer);
      resolve(address);
    });
  });
}
