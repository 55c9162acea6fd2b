import { chmod, mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RelativePath } from '../../../shared/posix-path.js';
import { mebibytes, millicores } from '../../../shared/units.js';
import type { ImageRef } from '../../domain/image-ref.js';
import type { Job } from '../../domain/job.js';
import type { JobName } from '../../domain/job-name.js';
import type { JobSpec } from '../../domain/job-spec.js';
import { isFinal } from '../../domain/job-status.js';
import type { LogWindow } from '../../domain/scheduler.port.js';
import type { SpecHash } from '../../domain/spec-hash.js';
import { detectHost } from './detect-host.js';
import type { HostAbilities } from './host-abilities.js';
import { ProcessScheduler } from './process.scheduler.js';

const DEADLINE_MS = 20_000;
const POLL_MS = 20;
/** A name that needs quoting wherever somebody forgets it. */
export const RECORDS = "job's records";

export const within = (milliseconds = DEADLINE_MS): AbortSignal =>
  AbortSignal.timeout(milliseconds);
export const jobName = (text: string): JobName => text as JobName;

/** A job that does nothing, for tests of pure functions. */
export function specOf(changes: Partial<JobSpec> = {}): JobSpec {
  return {
    name: jobName('job'),
    specHash: 'hash' as SpecHash,
    owner: 'chris',
    image: 'fnndsc/pl-any:1' as ImageRef,
    command: ['true'],
    env: [],
    workers: 1,
    cpuLimit: millicores(0),
    memoryLimit: mebibytes(0),
    gpuLimit: 0,
    shmSize: undefined,
    user: undefined,
    labels: {},
    timeLimit: undefined,
    directories: { input: 'in' as RelativePath, output: 'out' as RelativePath },
    mounts: {
      input: { kind: 'host-path', path: '/data/in' },
      output: { kind: 'host-path', path: '/data/out' },
    },
    ...changes,
  };
}

/** A scheduler on fresh directories of this very host. */
export class Bench {
  private constructor(
    readonly root: string,
    readonly host: HostAbilities,
    readonly scheduler: ProcessScheduler,
  ) {}

  /** @param limitedTo abilities to do without */
  static async open(limitedTo: Partial<HostAbilities> = {}): Promise<Bench> {
    const root = await mkdtemp(join(tmpdir(), 'pman-process-'));
    await chmod(root, 0o755);
    await mkdir(join(root, 'in'));
    await mkdir(join(root, 'out'));
    await chmod(join(root, 'out'), 0o777);
    const host = { ...(await detectHost(join(root, RECORDS))), ...limitedTo };
    return new Bench(
      root,
      host,
      new ProcessScheduler({ recordDirectory: join(root, RECORDS) }, host),
    );
  }

  get input(): string {
    return join(this.root, 'in');
  }

  get output(): string {
    return join(this.root, 'out');
  }

  /** As another service, or this one after a restart, sees the same records. */
  another(): ProcessScheduler {
    return new ProcessScheduler({ recordDirectory: join(this.root, RECORDS) }, this.host);
  }

  spec(changes: Partial<JobSpec>): JobSpec {
    const mounts = {
      input: { kind: 'host-path', path: this.input },
      output: { kind: 'host-path', path: this.output },
    } as const;
    return specOf({ mounts, ...changes });
  }

  shell(script: string, changes: Partial<JobSpec> = {}): JobSpec {
    return this.spec({ command: ['sh', '-c', script], ...changes });
  }

  /** Runs a job to its end. */
  async run(spec: JobSpec): Promise<Job> {
    await this.scheduler.submit(spec, within());
    return this.ended(spec.name);
  }

  async ended(name: JobName): Promise<Job> {
    return this.eventually(async () => {
      const job = await this.scheduler.find(name, within());
      return isFinal(job.state.status) ? job : undefined;
    });
  }

  /** Waits until `look` finds something. */
  async eventually<T>(look: () => Promise<T | undefined>): Promise<T> {
    const deadline = Date.now() + DEADLINE_MS;
    for (;;) {
      const found = await look();
      if (found !== undefined) return found;
      if (Date.now() > deadline) throw new Error('waited in vain');
      await sleep(POLL_MS);
    }
  }

  /** The text of a file that the job writes, as soon as it is there. */
  written(name: string): Promise<string> {
    return this.eventually(async () => {
      const text = await readFile(join(this.output, name), 'utf8').catch(() => '');
      return text === '' ? undefined : text;
    });
  }

  async log(
    name = 'job',
    window: LogWindow = { lines: undefined, bytes: 1_000_000 },
  ): Promise<string> {
    return (await this.scheduler.logs(jobName(name), window, within())).text;
  }

  /** Ends every job and clears the directories. */
  async close(): Promise<void> {
    const jobs = join(this.root, RECORDS, 'jobs');
    for (const directory of await readdir(jobs).catch(() => [])) {
      const text = await readFile(join(jobs, directory, 'record.json'), 'utf8').catch(() => '');
      const name = /"name":"([^"]+)"/.exec(text)?.[1];
      if (name !== undefined) await this.scheduler.remove(jobName(name), within()).catch(() => 0);
    }
    await rm(this.root, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Numbers of the processes whose command line holds this text. */
export async function processesNamed(text: string): Promise<readonly number[]> {
  const found: number[] = [];
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) continue;
    const words = await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '');
    if (words.includes(text)) found.push(Number(name));
  }
  return found;
}
