import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { createStore, Harness, removeStore } from '../contract/harness.js';
import { startServiceProcess } from '../contract/service-process.js';
import { cromwellTarget } from '../contract/targets/batch-target.js';

const run = promisify(execFile);
const ENGINES = fileURLToPath(new URL('../engines/', import.meta.url));
const UP_DEADLINE_MS = 180_000;
const CALL_DEADLINE_MS = 20_000;
const API = '/api/workflows/v1';

interface Metadata {
  readonly status: string;
  readonly calls: Readonly<Record<string, readonly { readonly jobId?: string }[]>>;
  readonly submittedFiles: Readonly<Record<string, string>>;
}

/** A server that speaks as Cromwell does on a real SLURM, and services at one store that use it. */
export class CromwellRig {
  private readonly harnesses: Harness[] = [];

  private constructor(
    private readonly name: string,
    private readonly told: string,
    readonly store: string,
  ) {}

  static async up(name: string): Promise<CromwellRig> {
    const told = await script('cromwell/up.sh', name);
    const rig = new CromwellRig(name, told, await createStore());
    await script('images/build.sh', name, 'podman', rig.named('DOCKER_HOST'));
    return rig;
  }

  async serve(variables: Readonly<Record<string, string>> = {}): Promise<Harness> {
    const service = await startServiceProcess({
      CONTAINER_ENV: 'cromwell',
      STORAGE_TYPE: 'host',
      STOREBASE: this.store,
      CROMWELL_URL: this.named('CROMWELL_URL'),
      SLURM_CONTAINER_PROGRAM: this.named('RUNTIME'),
      SLURM_RECORDS: `${this.store}.records`,
      ...variables,
    });
    const harness = new Harness(cromwellTarget(), service, this.store);
    this.harnesses.push(harness);
    return harness;
  }

  /** Of the server from now on; see test/engines/cromwell/server.py. */
  async behave(changes: Readonly<Record<string, unknown>>): Promise<void> {
    await this.call('/test/behaviour', { method: 'POST', body: JSON.stringify(changes) });
  }

  /** Ends the server and starts it again, with nothing in its memory. */
  async restart(): Promise<void> {
    process.kill(await this.pidOf('cromwell'), 'SIGKILL');
    await script('cromwell/up.sh', this.name);
  }

  /** Ids of the workflows of a jid. */
  async workflows(jid: string): Promise<readonly string[]> {
    const label = encodeURIComponent(`org.chrisproject.pman.jid:${jid}`);
    const answer = await this.call(`${API}/query?label=${label}`);
    const { results } = (await answer.json()) as { results: readonly { readonly id: string }[] };
    return results.map(({ id }) => id);
  }

  async metadata(id: string): Promise<Metadata> {
    return (await (await this.call(`${API}/${id}/metadata`)).json()) as Metadata;
  }

  /** Hands in once more what a workflow was made of. */
  async submitAgain(id: string): Promise<void> {
    const { submittedFiles } = await this.metadata(id);
    const form = new FormData();
    const parts = {
      workflow: 'workflowSource',
      inputs: 'workflowInputs',
      options: 'workflowOptions',
    };
    // As files: a form changes the line ends of mere text.
    for (const [file, part] of Object.entries(parts)) {
      form.append(part, new Blob([submittedFiles[file] ?? '']), file);
    }
    form.append('labels', new Blob([submittedFiles['labels'] ?? '']), 'labels');
    await this.call(API, { method: 'POST', body: form });
  }

  async abort(id: string): Promise<void> {
    await this.call(`${API}/${id}/abort`, { method: 'POST' });
  }

  /** The numbers of SLURM of a workflow's jobs. */
  async batchJobs(id: string): Promise<readonly string[]> {
    const { calls } = await this.metadata(id);
    return Object.values(calls).flatMap((each) => each.flatMap(({ jobId = [] }) => jobId));
  }

  /** By a command of SLURM, of which Cromwell hears nothing. */
  async cancel(jobs: readonly string[]): Promise<void> {
    const env = { ...process.env, SLURM_CONF: this.named('SLURM_CONF') };
    await run('scancel', [...jobs], { env, timeout: CALL_DEADLINE_MS });
  }

  /** SLURM's controller answers nobody for so long. */
  async withoutController(milliseconds: number): Promise<void> {
    const controller = await this.pidOf('slurmctld');
    process.kill(controller, 'SIGSTOP');
    await sleep(milliseconds).finally(() => process.kill(controller, 'SIGCONT'));
  }

  async down(): Promise<void> {
    await Promise.all(this.harnesses.splice(0).map((harness) => harness.stop()));
    await script('cromwell/down.sh', this.name);
    await removeStore(this.store);
  }

  private async call(path: string, init: RequestInit = {}): Promise<Response> {
    const signal = AbortSignal.timeout(CALL_DEADLINE_MS);
    const answer = await fetch(`${this.named('CROMWELL_URL')}${path}`, { ...init, signal });
    if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`);
    return answer;
  }

  private async pidOf(daemon: string): Promise<number> {
    const file = join(dirname(this.named('RUNTIME')), `${daemon}.pid`);
    return Number((await readFile(file, 'utf8')).split(' ')[0]);
  }

  private named(name: string): string {
    return new RegExp(`^${name}=(\\S+)$`, 'm').exec(this.told)?.[1] ?? '';
  }
}

async function script(path: string, name: string, ...args: readonly string[]): Promise<string> {
  const { stdout } = await run('bash', [`${ENGINES}${path}`, ...args], {
    timeout: UP_DEADLINE_MS,
    env: { ...process.env, NAME: name, SLURM_ACCOUNTING: 'no' },
  });
  return stdout;
}
