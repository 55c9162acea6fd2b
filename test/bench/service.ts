import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../dist/bundle/main.js', import.meta.url));

/** Loaded into the service. */
const LOOP_DELAY = new URL('loop-delay.mjs', import.meta.url).href;

/** A service of its own for the bench, as `npm run start:prod` starts it. */
export interface BenchService {
  readonly port: number;
  /** Milliseconds from the start of the process to its first answer. */
  readonly startedAfter: number;
  residentMebibytes(): Promise<number>;
  /** The 99th percentile, in milliseconds, of the delays of its event loop since the last call. */
  loopDelay(): Promise<number>;
  /** Until `resume` it does nothing. */
  pause(): void;
  resume(): void;
  stop(): Promise<void>;
}

export async function startService(
  settings: Readonly<Record<string, string>>,
): Promise<BenchService> {
  const begin = performance.now();
  const child = spawn(
    process.execPath,
    ['--max-semi-space-size=2', '--heap-growing-percent=10', '--import', LOOP_DELAY, MAIN],
    {
      env: {
        NODE_COMPILE_CACHE: join(tmpdir(), 'pman-bench-compile-cache'),
        PATH: process.env['PATH'],
        HOST: '127.0.0.1',
        PORT: '0',
        ...settings,
      },
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    },
  );
  const port = await listeningPort(child);
  const answer = await fetch(`http://127.0.0.1:${port}/api/v1/`);
  if (answer.status !== 200) throw new Error(`the service answered ${answer.status}`);
  const startedAfter = performance.now() - begin;
  return {
    port,
    startedAfter,
    residentMebibytes: async () => {
      const status = await readFile(`/proc/${child.pid}/status`, 'utf8');
      return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1024;
    },
    loopDelay: async () => {
      child.send('loop-delay');
      const [delay] = (await once(child, 'message')) as [number];
      return delay;
    },
    pause: () => void child.kill('SIGSTOP'),
    resume: () => void child.kill('SIGCONT'),
    stop: async () => {
      const exited = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      await exited;
    },
  };
}

const BARE_SERVER = `
require('node:http').createServer((_, reply) => reply.end()).listen(0, '127.0.0.1', function () {
  console.log('"address":"http://127.0.0.1:' + this.address().port + '"');
});`;

/** Milliseconds from the start of the runtime to the first answer of a server that does nothing. */
export async function startBareServer(): Promise<number> {
  const begin = performance.now();
  const child = spawn(process.execPath, ['-e', BARE_SERVER], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const port = await listeningPort(child);
  await fetch(`http://127.0.0.1:${port}/`);
  const took = performance.now() - begin;
  child.kill('SIGKILL');
  return took;
}

function listeningPort(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`the service ended with code ${code}`)));
    if (child.stdout === null) throw new Error('the service has no output');
    createInterface({ input: child.stdout }).on('line', (line) => {
      const address = /"address":"http:\/\/[^"]+?:(\d+)"/.exec(line);
      if (address !== null) resolve(Number(address[1]));
    });
  });
}
