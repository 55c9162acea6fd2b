import axios, { type AxiosInstance } from 'axios';
import { randomBytes } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { wrongInAnswer } from './answer-rules.js';
import { GIVEN_CLUSTER, PROBE_IMAGE } from './given-cluster.js';
import type { RunningService } from './service-process.js';
import type { ContractTarget, ForeignObject } from './target.js';

export interface Answer {
  readonly status: number;
  readonly body: Body;
}

/** The keys that any answer can have; a test fails on what it does not find. */
export type Body = Readonly<Record<string, string>>;

export type Job = Readonly<Record<string, unknown>> & {
  readonly jid: string;
  readonly input_dir: string;
  readonly output_dir: string;
};

const FINISH_DEADLINE_MS = 60_000;
const POLL_MS = 100;
const REMOVALS_AT_ONCE = 4;

/** One service with its settings, its store, and what a test asks of them. */
export class Harness {
  private http: AxiosInstance;
  /** Of every job that the service has taken. */
  private readonly taken = new Set<string>();

  constructor(
    readonly target: ContractTarget,
    private service: RunningService,
    readonly store: string,
  ) {
    this.http = clientOf(service);
  }

  /** A job whose script runs in a shell with the job's arguments; directories of its own. */
  async job(script: string, overrides: Readonly<Record<string, unknown>> = {}): Promise<Job> {
    const key = `key-${randomBytes(6).toString('hex')}`;
    await mkdir(join(this.store, key, 'incoming'), { recursive: true });
    await mkdir(join(this.store, key, 'outgoing'));
    // As a client does for jobs of another user; mkdir alone would heed the umask.
    await chmod(join(this.store, key, 'outgoing'), 0o777);
    return {
      jid: `chris-jid-${key}`,
      args: [],
      auid: 'contract',
      number_of_workers: 1,
      cpu_limit: 1_000,
      memory_limit: 200,
      gpu_limit: 0,
      image: PROBE_IMAGE,
      entrypoint: ['/bin/sh', '-c', script, 'probe'],
      type: 'fs',
      input_dir: `${key}/incoming`,
      output_dir: `${key}/outgoing`,
      ...overrides,
    };
  }

  async post(job: unknown): Promise<Answer> {
    const answer = await this.send('POST', '/api/v1/', job);
    if (answer.status === 201) this.taken.add(answer.body['jid'] ?? '');
    return answer;
  }

  get(jid: string): Promise<Answer> {
    return this.send('GET', `/api/v1/${jid}/`);
  }

  delete(jid: string): Promise<Answer> {
    return this.send('DELETE', `/api/v1/${jid}/`);
  }

  /** Submits, and fails at once when the service does not take the job. */
  async submit(job: Job): Promise<Body> {
    const { status, body } = await this.post(job);
    if (status !== 201) throw new Error(`POST answered ${status}: ${JSON.stringify(body)}`);
    return body;
  }

  /** The first final answer. */
  async finish(jid: string): Promise<Body> {
    return this.until(jid, (body) => (body['status'] ?? '').startsWith('finished'));
  }

  /** The first answer that the condition accepts. */
  async until(jid: string, condition: (body: Body) => boolean): Promise<Body> {
    const deadline = performance.now() + FINISH_DEADLINE_MS;
    for (;;) {
      const { status, body } = await this.get(jid);
      if (status !== 200) throw new Error(`GET answered ${status}: ${JSON.stringify(body)}`);
      if (condition(body)) return body;
      if (performance.now() > deadline) throw new Error(`too late: ${JSON.stringify(body)}`);
      await sleep(POLL_MS);
    }
  }

  /** Submits and waits for the end. */
  async run(script: string, overrides: Readonly<Record<string, unknown>> = {}): Promise<Finished> {
    const job = await this.job(script, overrides);
    await this.submit(job);
    return { job, answer: await this.finish(job.jid) };
  }

  /** A file that the job has written. */
  async written(job: Job, file: string): Promise<string> {
    return readFile(join(this.store, job.output_dir, file), 'utf8');
  }

  /** Bytes of every file that the job has written so far. */
  async outputSizes({ output_dir }: Job): Promise<Readonly<Record<string, number>>> {
    const folder = join(this.store, output_dir);
    const sizes = (await readdir(folder)).map(
      async (name) => [name, (await stat(join(folder, name))).size] as const,
    );
    return Object.fromEntries(await Promise.all(sizes));
  }

  async exists(path: string): Promise<boolean> {
    return stat(join(this.store, path)).then(
      () => true,
      () => false,
    );
  }

  /** Waits until the job itself has written a file. */
  async appears(job: Job, file: string): Promise<void> {
    const deadline = performance.now() + FINISH_DEADLINE_MS;
    while (!(await this.exists(join(job.output_dir, file)))) {
      if (performance.now() > deadline) throw new Error(`${file} never appeared`);
      await sleep(POLL_MS);
    }
  }

  labels(jid: string): Promise<Readonly<Record<string, string>>> {
    return this.target.labels(jid, this.store);
  }

  foreign(name: string): Promise<ForeignObject> {
    return this.target.placeForeignObject(name);
  }

  /** What the service has logged so far, a line a record. */
  get serviceLog(): readonly string[] {
    return this.service.output;
  }

  /** The process that answers now. */
  get running(): RunningService {
    return this.service;
  }

  async crashAndRestart(changes: Readonly<Record<string, string>> = {}): Promise<void> {
    this.service = await this.service.crashAndRestart(changes);
    this.http = clientOf(this.service);
  }

  /** A second service with the same settings, at the same backend and store. */
  async replica(): Promise<Harness> {
    return new Harness(this.target, await this.service.startReplica(), this.store);
  }

  /** Ends and forgets every job, also where the settings make the service keep them. */
  async removeAll(): Promise<void> {
    await this.deleteTaken();
    if (this.taken.size === 0) return;
    await this.crashAndRestart({ REMOVE_JOBS: 'yes' });
    await this.deleteTaken();
  }

  ready(): Promise<Answer> {
    return this.ask('GET', '/health/ready');
  }

  /** Ends the service and leaves the store. */
  stop(): Promise<void> {
    return this.service.stop();
  }

  async close(): Promise<void> {
    await this.stop();
    await removeStore(this.store);
  }

  private async deleteTaken(): Promise<void> {
    const jids = [...this.taken].values();
    const lane = async (): Promise<void> => {
      for (const jid of jids) {
        await this.delete(jid);
        if ((await this.get(jid)).status === 404) this.taken.delete(jid);
      }
    };
    await Promise.all(Array.from({ length: REMOVALS_AT_ONCE }, lane));
  }

  /** What holds for every answer is looked at with every answer. */
  private async send(method: string, url: string, data?: unknown): Promise<Answer> {
    const answer = await this.ask(method, url, data);
    const wrong = wrongInAnswer(answer, this.store);
    if (wrong === undefined) return answer;
    throw new Error(`${wrong}: ${method} ${url} ${answer.status} ${JSON.stringify(answer.body)}`);
  }

  private async ask(method: string, url: string, data?: unknown): Promise<Answer> {
    const { status, data: body } = await this.http.request<Body>({ method, url, data });
    return { status, body };
  }
}

export interface Finished {
  readonly job: Job;
  readonly answer: Body;
}

function clientOf(service: RunningService): AxiosInstance {
  return axios.create({ baseURL: service.baseUrl, validateStatus: () => true, timeout: 100_000 });
}

/** With what a backend has put beside it. */
export async function removeStore(store: string): Promise<void> {
  if (store === GIVEN_CLUSTER.store) return;
  await rm(store, { recursive: true, force: true });
  await rm(`${store}.records`, { recursive: true, force: true });
}

export async function createStore(): Promise<string> {
  const { store = tmpdir(), claim } = GIVEN_CLUSTER;
  return claim === undefined ? mkdtemp(join(store, 'pman-contract-')) : store;
}
