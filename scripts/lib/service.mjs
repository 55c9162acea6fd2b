import { spawn } from 'node:child_process';
import { open, readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { join } from 'node:path';
import { ROOT } from './commands.mjs';
import { nodeForTheService } from './packages.mjs';

const READY_MS = 60_000;
const STOP_MS = 15_000;

/** @returns {Promise<number>} the first free port of this machine from the wished one on. */
export async function freePort(wished) {
  for (let port = wished; port < wished + 100; port += 1) {
    if (await isFree(port)) return port;
  }
  throw new Error(`no port is free between ${wished} and ${wished + 99}`);
}

function isFree(port) {
  return new Promise((done) => {
    const server = createServer();
    server.once('error', () => done(false));
    server.listen(port, '127.0.0.1', () => server.close(() => done(true)));
  });
}

/** As in `npm run start:prod`: a small young generation costs little time and much less memory. */
const NODE_FLAGS = ['--max-semi-space-size=2', '--heap-growing-percent=10'];

/** The service as a child process; its log goes to a file. */
export class Service {
  #child;
  #ended;

  /** @param {{ port: number, settings: Record<string, string>, logFile: string, folder: string }} options */
  constructor(options) {
    this.options = options;
    this.url = `http://127.0.0.1:${options.port}`;
  }

  /** Starts it and waits until it can run jobs. */
  async start() {
    const { settings, logFile, folder, port } = this.options;
    const log = await open(logFile, 'w');
    const program = [...NODE_FLAGS, join(ROOT, 'dist/bundle/main.js')];
    this.#child = spawn(nodeForTheService(), program, {
      // Not the project's folder: its .env is for another deployment.
      cwd: folder,
      env: { ...settings, HOST: '127.0.0.1', PORT: String(port) },
      stdio: ['ignore', log.fd, log.fd],
      // Ctrl-C reaches this script only, which then ends the service in order.
      detached: true,
    });
    this.#ended = new Promise((done) => {
      this.#child.once('error', (error) => done(error.message));
      this.#child.once('exit', (code, signal) => done(`exit code ${code ?? signal}`));
    });
    await log.close();
    const outcome = await Promise.race([this.#ended, this.#untilReady()]);
    if (outcome === undefined) return;
    const tail = (await readFile(logFile, 'utf8')).trim().split('\n').slice(-15).join('\n');
    throw new Error(`the service did not start: ${outcome}\n${tail}`);
  }

  /** Resolves when the service ends by itself. */
  get ended() {
    return this.#ended;
  }

  async stop() {
    if (this.#child === undefined) return;
    this.#child.kill('SIGTERM');
    const late = sleep(STOP_MS, 'late', { ref: false });
    if ((await Promise.race([this.#ended, late])) === 'late') this.#child.kill('SIGKILL');
  }

  /** @returns {Promise<{ status: number, body: any }>} of an answer in JSON, or of an empty one. */
  async call(method, path, body) {
    const init = body && {
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    };
    const answer = await fetch(this.url + path, { method, ...init });
    const text = await answer.text();
    return { status: answer.status, body: text === '' ? undefined : JSON.parse(text) };
  }

  async #untilReady() {
    const end = Date.now() + READY_MS;
    let last = 'it does not answer';
    while (Date.now() < end) {
      try {
        const { status, body } = await this.call('GET', '/health/ready');
        if (status === 200) return undefined;
        last = Object.values(body.error ?? {})
          .map(({ detail, mend }) => [detail, mend].filter(Boolean).join('; '))
          .join('\n');
      } catch {
        // It does not listen yet.
      }
      await sleep(100);
    }
    return last;
  }
}
