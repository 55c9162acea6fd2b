import { setTimeout as sleep } from 'node:timers/promises';
import { HttpClient, type Answer, type Endpoint } from './http-client.ts';

const ORDER = ['notstarted', 'started', 'finishedSuccessfully', 'finishedWithError'];
/** One job in so many fails. */
const FAILING = 10;
/** As many as one client takes connections. */
const LANES_A_CLIENT = 64;
const POLLERS = 4;
/** From the begin of one round of polls to that of the next, in milliseconds. */
const ROUND_MS = 2_000;
const RETRY_MS = 1_000;

interface Followed {
  /** The place in ORDER of what was last seen. */
  seen: number;
  /** Milliseconds since 1970. */
  endSeenAt: number;
}

/** Jobs that are submitted and followed to their end as many clients would, each status looked at. */
export class FollowedJobs {
  /** Answers that cannot be true. */
  readonly wrong: string[] = [];
  /** Of every POST that was taken, in milliseconds. */
  readonly posts: number[] = [];
  polls = 0;
  /** Requests that were told to come again. */
  readonly postponed = { polls: 0, posts: 0 };
  private readonly jobs = new Map<number, Followed>();

  private readonly endpoint: Endpoint;

  private readonly count: number;

  constructor(endpoint: Endpoint, count: number) {
    this.endpoint = endpoint;
    this.count = count;
  }

  static jidOf(index: number): string {
    return `scale-${index}`;
  }

  /** @param submitters how many POSTs wait for their answer at once */
  async submit(submitters: number): Promise<void> {
    let next = 0;
    const lane = async (client: HttpClient): Promise<void> => {
      while (next < this.count) await this.submitOne(client, next++);
    };
    const clients = Array.from({ length: Math.ceil(submitters / LANES_A_CLIENT) }, () => {
      return new HttpClient(this.endpoint);
    });
    const lanes = Array.from({ length: submitters }, (_, index) => {
      return lane(clients[index % clients.length] ?? new HttpClient(this.endpoint));
    });
    await Promise.all(lanes);
    for (const client of clients) client.close();
  }

  /** Polls every job that was taken and has not ended, round after round, until `isOver`. */
  async follow(isOver: () => boolean): Promise<void> {
    const client = new HttpClient(this.endpoint);
    for (;;) {
      const open = [...this.jobs].filter(([, { seen }]) => seen < 2);
      if (open.length === 0 && isOver()) return client.close();
      const rest = open.values();
      const lane = async (): Promise<void> => {
        for (const [index, job] of rest) {
          this.look(index, job, await client.send('GET', `/api/v1/${FollowedJobs.jidOf(index)}/`));
        }
      };
      await Promise.all([...Array.from({ length: POLLERS }, lane), sleep(ROUND_MS)]);
    }
  }

  /** When the end of a job was seen, in milliseconds since 1970. */
  endSeenAt(jid: string): number | undefined {
    return this.jobs.get(Number(jid.slice(FollowedJobs.jidOf(0).length - 1)))?.endSeenAt;
  }

  private async submitOne(client: HttpClient, index: number): Promise<void> {
    const begin = performance.now();
    for (;;) {
      const { status, body } = await client.send('POST', '/api/v1/', jobBody(index));
      if (status === 201) break;
      if (status !== 503) throw new Error(`POST answered ${status}: ${body}`);
      this.postponed.posts += 1;
      await sleep(RETRY_MS);
    }
    this.posts.push(performance.now() - begin);
    this.jobs.set(index, { seen: 0, endSeenAt: Number.NaN });
  }

  private look(index: number, job: Followed, { status, body }: Answer): void {
    this.polls += 1;
    if (status === 503) {
      this.postponed.polls += 1;
      return;
    }
    const word = status === 200 ? (JSON.parse(body) as { status: string }).status : '';
    const place = ORDER.indexOf(word);
    if (place < job.seen || (place >= 2 && word !== expected(index))) {
      const what = `${FollowedJobs.jidOf(index)}: ${status} ${body.slice(0, 200)}`;
      this.wrong.push(`${what} after ${ORDER[job.seen]}`);
    }
    if (place >= 2) job.endSeenAt = Date.now();
    job.seen = Math.max(place, job.seen);
  }
}

const fails = (index: number): boolean => index % FAILING === 0;
const expected = (index: number): string =>
  fails(index) ? 'finishedWithError' : 'finishedSuccessfully';

function jobBody(index: number): object {
  return {
    jid: FollowedJobs.jidOf(index),
    args: [],
    auid: fails(index) ? 'fails' : 'works',
    number_of_workers: 1,
    cpu_limit: 1_000,
    memory_limit: 200,
    gpu_limit: 0,
    image: 'local/probe:1',
    entrypoint: ['/bin/true'],
    type: 'fs',
    input_dir: 'in',
    output_dir: 'out',
  };
}
