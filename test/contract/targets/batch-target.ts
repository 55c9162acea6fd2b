import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { ContractTarget } from '../target.js';

const run = promisify(execFile);
const ENGINES = fileURLToPath(new URL('../../engines/', import.meta.url));
const START_DEADLINE_MS = 180_000;
const CLEAR_UP_MS = 10_000;
const POLL_MS = 200;

const recordsOf = (store: string): string => `${store}.records`;

interface RecordFile {
  readonly spec: { readonly name: string };
  readonly labels: Readonly<Record<string, string>>;
}

/** What Podman gives a job and Charliecloud does not. */
const OF_CONTAINERS = [
  'container-rights',
  'hard-limits',
  'image-entrypoint',
  'job-user',
  'process-limit',
  'read-only-input',
  'shm-size',
  'swap-limit',
] as const;

/** A throw-away SLURM of one node, with accounting, whose jobs run in Podman. */
export function slurmTarget(): ContractTarget {
  return batchTarget({ name: 'slurm', system: 'slurm', runtime: 'podman' });
}

/** The same with Charliecloud, which sets no limits and gives no rights. */
export function charliecloudTarget(): ContractTarget {
  return batchTarget({ name: 'charliecloud', system: 'slurm', runtime: 'charliecloud' });
}

/** A throw-away Cromwell whose backend hands the jobs to a SLURM of its own. */
export function cromwellTarget(): ContractTarget {
  return batchTarget({ name: 'cromwell', system: 'cromwell', runtime: 'podman' });
}

interface Batch {
  readonly name: string;
  readonly system: 'slurm' | 'cromwell';
  readonly runtime: 'podman' | 'charliecloud';
}

type Told = Readonly<Record<string, string>>;

function batchTarget({ name, system, runtime }: Batch): ContractTarget {
  const unsupported = (): never => {
    throw new Error('a job of SLURM has no object that others could have');
  };
  const script = (path: string, args: readonly string[] = []) =>
    run('bash', [`${ENGINES}${path}`, ...args], {
      timeout: START_DEADLINE_MS,
      env: { ...process.env, NAME: `contract-${name}` },
    });
  let told: Told = {};
  /** Where Charliecloud finds its images. */
  let images = '';
  const runtimeSettings = (): Told =>
    runtime === 'podman'
      ? { SLURM_CONTAINER_PROGRAM: told['RUNTIME'] ?? '' }
      : { SLURM_IMAGE_STORAGE: images };

  return {
    name,
    features: [
      'images',
      'gpu-refusal',
      'local-processes',
      ...(runtime === 'podman' ? OF_CONTAINERS : []),
    ],
    async start() {
      const { stdout } = await script(`${system}/up.sh`);
      const lines = stdout.matchAll(/^([A-Z_]+)=(\S+)$/gm);
      told = Object.fromEntries([...lines].map(([, key = '', value = '']) => [key, value]));
      await script('images/build.sh', ['podman', told['DOCKER_HOST'] ?? '']);
      if (runtime === 'podman') return;
      images = await mkdtemp(join(tmpdir(), 'pman-images-'));
      await script('images/unpack.sh', [told['RUNTIME'] ?? '', images]);
    },
    async stop() {
      await script(`${system}/down.sh`);
      if (images !== '') await rm(images, { recursive: true, force: true });
    },
    environment: (store) => ({
      CONTAINER_ENV: system,
      ...(system === 'slurm'
        ? { SLURM_CONF: told['SLURM_CONF'] ?? '' }
        : { CROMWELL_URL: told['CROMWELL_URL'] ?? '' }),
      SLURM_CONTAINER_RUNTIME: runtime,
      ...runtimeSettings(),
      SLURM_RECORDS: recordsOf(store),
    }),
    async labels(jid, store) {
      const text = await readFile(join(recordsOf(store), 'jobs', jid, 'record.json'), 'utf8');
      return (JSON.parse(text) as RecordFile).labels;
    },
    idOf: unsupported,
    placeForeignObject: unsupported,
    logBytes: unsupported,
    /** Records, jobs that still run, and containers. */
    async listOwn(store) {
      const records = await readdir(join(recordsOf(store), 'jobs')).catch(() => []);
      const queue = await queueAtRest(told['SLURM_CONF'] ?? '');
      const containers = await run(told['RUNTIME'] ?? '', ['ps', '--all', '--format={{.Names}}']);
      const lines = `${queue}${containers.stdout}`.split('\n');
      return [...records, ...lines.filter((line) => line !== '')];
    },
  };
}

/** Names of the jobs that SLURM still has, also after the time in which a script clears up behind a job. */
async function queueAtRest(configuration: string): Promise<string> {
  const env = { ...process.env, SLURM_CONF: configuration };
  const args = ['--me', '--states=PENDING,RUNNING', '--noheader', '--format=%j'];
  const deadline = performance.now() + CLEAR_UP_MS;
  for (;;) {
    const { stdout } = await run('squeue', args, { env });
    if (stdout === '' || performance.now() > deadline) return stdout;
    await sleep(POLL_MS);
  }
}
