import { chmod, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PlannedJob } from '../checker/history.js';
import type { Random } from './random.js';

const EXIT_CODES = [0, 0, 0, 1, 3, 42] as const;
const MAX_SLEEP_MS = 2_500;

/** What is wrong with a job that has to be refused, by the service or by the engine. */
const FLAWS: readonly [object, ...object[]] = [
  { number_of_workers: 0 },
  { input_dir: '../elsewhere' },
  { args: 'no list' },
  { entrypoint: ['/no/such/program'] },
];

export interface SendableJob {
  readonly plan: PlannedJob;
  readonly body: object;
}

/** Makes jobs that leave a line in a marker each time they run, and their directories. */
export class JobMaker {
  private made = 0;

  constructor(
    private readonly store: string,
    /** Begins every jid. */
    private readonly prefix: string,
    private readonly random: Random,
  ) {}

  nextJid(): string {
    this.made += 1;
    return `${this.prefix}-${this.made}`;
  }

  /** Another job each time, also for the same jid. */
  async make(jid: string, workers = 1): Promise<SendableJob> {
    const exitCode = this.random.pick(EXIT_CODES);
    const milliseconds = this.random.integer(0, MAX_SLEEP_MS);
    const plan = { spec: this.nextSpec(jid), jid, workers, exitCode, isBad: false };
    return sendableJob(this.store, plan, milliseconds);
  }

  async makeBad(jid: string): Promise<SendableJob> {
    const plan = { spec: this.nextSpec(jid), jid, workers: 1, exitCode: 0, isBad: true };
    const { body } = await sendableJob(this.store, plan, 0);
    return { plan, body: { ...body, ...this.random.pick(FLAWS) } };
  }

  /** The output directory, which no other job has: it is what tells one job from another. */
  private nextSpec(jid: string): string {
    this.made += 1;
    return `${jid}/outgoing-${this.made}`;
  }
}

/** Makes the directories of a job that takes so many milliseconds. */
export async function sendableJob(
  store: string,
  plan: PlannedJob,
  milliseconds: number,
): Promise<SendableJob> {
  await mkdir(join(store, plan.jid, 'incoming'), { recursive: true });
  await mkdir(join(store, plan.spec));
  // As a client does for jobs of another user; mkdir alone would heed the umask.
  await chmod(join(store, plan.spec), 0o777);
  return { plan, body: bodyOf(plan, milliseconds / 1_000) };
}

/** How often a job has run. */
export async function markerLines(store: string, { spec }: PlannedJob): Promise<number> {
  const text = await readFile(join(store, spec, 'marker'), 'utf8').catch(() => '');
  return text.split('\n').length - 1;
}

/** A shell as process 1 heeds no SIGTERM unless it says so. */
function scriptOf(seconds: number, exitCode: number): string {
  return [
    `trap 'exit 143' TERM`,
    'echo run >>/share/outgoing/marker',
    `sleep ${seconds} & wait $!`,
    `exit ${exitCode}`,
  ].join('; ');
}

function bodyOf({ spec, jid, workers, exitCode }: PlannedJob, seconds: number): object {
  return {
    jid,
    args: [],
    auid: 'oracle',
    number_of_workers: workers,
    cpu_limit: 1_000,
    memory_limit: 64,
    gpu_limit: 0,
    image: 'local/probe:1',
    entrypoint: ['/bin/sh', '-c', scriptOf(seconds, exitCode)],
    type: 'fs',
    input_dir: `${jid}/incoming`,
    output_dir: spec,
  };
}
