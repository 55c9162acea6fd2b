import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
const START_DEADLINE_MS = 30_000;

/** A service that can be reached, whatever runs it. */
export interface RunningService {
  readonly baseUrl: string;
  /** Ends it at once, as a power cut would, and starts it again. */
  crashAndRestart(): Promise<RunningService>;
  stop(): Promise<void>;
}

/** Starts the built service as a process of its own, with nothing of the tests' environment. */
export async function startServiceProcess(
  variables: Readonly<Record<string, string>>,
): Promise<RunningService> {
  const child = spawn(process.execPath, [MAIN], {
    env: { PATH: process.env['PATH'], HOST: '127.0.0.1', PORT: '0', ...variables },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const baseUrl = await listeningAddress(child);
  const end = (signal: NodeJS.Signals): Promise<void> =>
    new Promise((resolve) => {
      child.once('exit', () => resolve());
      child.kill(signal);
    });
  return {
    baseUrl,
    async crashAndRestart() {
      await end('SIGKILL');
      return startServiceProcess(variables);
    },
    stop: () => end('SIGTERM'),
  };
}

function listeningAddress(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    const output: string[] = [];
    const timer = setTimeout(() => child.kill('SIGKILL'), START_DEADLINE_MS);
    child.once('exit', () => reject(new Error(`the service ended:\n${output.join('\n')}`)));
    child.stderr?.on('data', (chunk) => output.push(String(chunk)));
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
