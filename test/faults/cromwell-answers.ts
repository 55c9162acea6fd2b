import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { CromwellClient } from '../../src/clients/cromwell/cromwell-client.js';

const run = promisify(execFile);
const HERE = fileURLToPath(new URL('../engines/cromwell/', import.meta.url));
const BACKEND = fileURLToPath(new URL('../../deploy/cromwell/slurm-backend.conf', import.meta.url));
const UP_DEADLINE_MS = 180_000;
const WAIT_MS = 30_000;
const STEP_MS = 100;

/** Programs in the place of SLURM's: a job is a group of processes here, and its number that of the group. */
const PROGRAMS = {
  sbatch: `case " $* " in *--partition=none-such*)
  echo 'sbatch: error: invalid partition specified: none-such' >&2
  exit 1
esac
cat >"$JOBS/$$"
setsid /bin/bash "$JOBS/$$" </dev/null >/dev/null 2>&1 &
echo $!`,
  squeue: `for last; do :; done
id=\${last#*=}
kill -0 -- "-$id" 2>/dev/null && echo "$id" && exit
echo 'slurm_load_jobs error: Invalid job id specified' >&2
exit 1`,
  scancel: `for id; do :; done
kill -KILL -- "-$id"`,
};

/** The stand-in for Cromwell by itself, without a SLURM behind it. */
export class CromwellAnswers {
  private constructor(
    private readonly folder: string,
    private readonly server: ChildProcess,
    private readonly url: string,
    readonly client: CromwellClient,
  ) {}

  static async up(): Promise<CromwellAnswers> {
    const { stdout } = await run('bash', [`${HERE}venv.sh`], { timeout: UP_DEADLINE_MS });
    const folder = await mkdtemp(join(tmpdir(), 'cromwell-answers-'));
    for (const [name, text] of Object.entries(PROGRAMS)) {
      await writeFile(join(folder, name), `#!/bin/bash\n${text}\n`);
      await chmod(join(folder, name), 0o755);
    }
    const port = await freePort();
    const options = ['--port', String(port), '--configuration', BACKEND, '--root', folder];
    const times = ['--exit-code-timeout=1', '--lag=0.3', '--query-lag=0.3', '--abort-lag=0.3'];
    const server = spawn(stdout.trim(), ['-B', `${HERE}server.py`, ...options, ...times], {
      env: { ...process.env, PATH: `${folder}:${process.env['PATH'] ?? ''}`, JOBS: folder },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const url = `http://127.0.0.1:${port}`;
    const client = new CromwellClient({ url, authorization: undefined });
    const answers = new CromwellAnswers(folder, server, url, client);
    await answers.until(() => client.version(AbortSignal.timeout(STEP_MS * 10)).catch(() => ''));
    return answers;
  }

  /** What it answers to a request: code, type and body as in what was recorded. */
  async ask(path: string, init: RequestInit = {}): Promise<Answer> {
    const answer = await fetch(`${this.url}${path}`, init);
    const [type = ''] = (answer.headers.get('content-type') ?? '').split(';');
    const body: unknown = type.endsWith('json') ? await answer.json() : await answer.text();
    return { code: answer.status, type, body };
  }

  async body(path: string): Promise<unknown> {
    return (await this.ask(path)).body;
  }

  /** Asks again and again until there is something. */
  async until<T>(ask: () => Promise<T | undefined>): Promise<T> {
    const end = performance.now() + WAIT_MS;
    for (;;) {
      const found = await ask();
      if (found !== undefined && found !== '') return found;
      if (performance.now() > end) throw new Error(`there is nothing yet: ${String(ask)}`);
      await new Promise((resolve) => setTimeout(resolve, STEP_MS));
    }
  }

  async down(): Promise<void> {
    this.server.kill('SIGKILL');
    await rm(this.folder, { recursive: true, force: true });
  }
}

export interface Answer {
  readonly code: number;
  readonly type: string;
  readonly body: unknown;
}

/** What a real server has answered, of a scenario. */
export async function recorded(scenario: string): Promise<Readonly<Record<string, unknown>>> {
  const text = await readFile(join(HERE, 'recorded', `${scenario}.json`), 'utf8');
  return JSON.parse(text) as Record<string, unknown>;
}

/** Below these, names are chosen by whoever hands a workflow in. */
const FREE = new Set(['labels', 'inputs', 'outputs', 'runtimeAttributes', 'submittedFiles']);

/** Every name in an answer, with the type of its value. */
export function shapeOf(value: unknown, path = ''): readonly string[] {
  if (Array.isArray(value)) return unique(value.flatMap((one) => shapeOf(one, `${path}[]`)));
  if (typeof value !== 'object' || value === null) return [`${path}: ${typeof value}`];
  const entries = Object.entries(value).flatMap(([key, inner]) => {
    if (FREE.has(key)) return [`${path}.${key}`];
    // The name of a call is that of its task.
    return shapeOf(inner, path.endsWith('.calls') ? `${path}.*` : `${path}.${key}`);
  });
  return unique([`${path}: object`, ...entries]);
}

function unique(names: readonly string[]): readonly string[] {
  return [...new Set(names)].toSorted();
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
