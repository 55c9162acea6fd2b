import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startClusterProxy, type ClusterProxy } from './cluster-proxy.ts';
import { HttpClient } from './http-client.ts';
import { KwokCluster, kubectl } from './kwok-cluster.ts';
import { startService, type BenchService } from './service.ts';

/*
 * Runs thousands of jobs through the service on a real API server whose nodes kwok plays, and follows
 * each by its status to the end:
 *   npm run bench:kubernetes [-- 10000]
 * Brings up a cluster of its own (test/engines/kubernetes); needs root. Exit code 1 for any wrong status.
 */
const JOBS = Number(process.argv[2] ?? 10_000);
const SUBMITTERS = 48;
const POLLERS = 4;
const ORDER = ['notstarted', 'started', 'finishedSuccessfully', 'finishedWithError'];
/** One job in so many fails. */
const FAILING = 10;

interface Followed {
  /** The place in ORDER of what was last seen. */
  seen: number;
  wrong: string | undefined;
  /** Polls that were told to come again. */
  postponed: number;
}

const say = (what: string, value: string): void => {
  process.stdout.write(`${what.padEnd(44)} ${value}\n`);
};
const jidOf = (index: number): string => `scale-${index}`;
const fails = (index: number): boolean => index % FAILING === 0;
const expected = (index: number): string =>
  fails(index) ? 'finishedWithError' : 'finishedSuccessfully';
const percentile = (values: readonly number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length * share)] ?? Number.NaN;

function jobBody(index: number): object {
  return {
    jid: jidOf(index),
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

async function submitAll(client: HttpClient, taken: (index: number) => void): Promise<number[]> {
  const times: number[] = [];
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < JOBS) {
      const index = next++;
      const begin = performance.now();
      const { status, body } = await client.send('POST', '/api/v1/', jobBody(index));
      if (status !== 201) throw new Error(`POST answered ${status}: ${body}`);
      times.push(performance.now() - begin);
      taken(index);
    }
  };
  await Promise.all(Array.from({ length: SUBMITTERS }, lane));
  return times;
}

/** Polls every job that was taken and has not ended, round after round, until `isOver`. */
async function follow(
  client: HttpClient,
  jobs: Map<number, Followed>,
  isOver: () => boolean,
): Promise<number> {
  let polls = 0;
  for (;;) {
    const open = [...jobs].filter(([, { seen }]) => seen < 2);
    if (open.length === 0 && isOver()) return polls;
    const rest = open.values();
    const lane = async (): Promise<void> => {
      for (const [index, job] of rest) {
        const { status, body } = await client.send('GET', `/api/v1/${jidOf(index)}/`);
        polls += 1;
        look(index, job, status, body);
      }
    };
    await Promise.all([...Array.from({ length: POLLERS }, lane), sleep(2_000)]);
  }
}

function look(index: number, job: Followed, status: number, body: string): void {
  if (status === 503) {
    job.postponed += 1;
    return;
  }
  const word = status === 200 ? (JSON.parse(body) as { status: string }).status : '';
  const place = ORDER.indexOf(word);
  const isFinal = place >= 2;
  if (place < job.seen || (isFinal && word !== expected(index))) {
    job.wrong ??= `${jidOf(index)}: ${status} ${body.slice(0, 200)} after ${ORDER[job.seen]}`;
  }
  job.seen = Math.max(place, job.seen);
}

async function settled(kubeconfig: string): Promise<void> {
  const ended = 'jsonpath={range .items[*]}{.status.conditions[*].type}{"\\n"}{end}';
  for (;;) {
    const text = await kubectl(kubeconfig, 'get', 'jobs', '--output', ended);
    const count = text.split('\n').filter((line) => /Complete|Failed/.test(line)).length;
    if (count >= JOBS) return;
    await sleep(2_000);
  }
}

async function measure(
  service: BenchService,
  proxy: ClusterProxy,
  kubeconfig: string,
): Promise<number> {
  const client = new HttpClient({ host: '127.0.0.1', port: service.port });
  const idle = await service.residentMebibytes();
  let most = idle;
  const weigh = setInterval(() => {
    void service.residentMebibytes().then((now) => (most = Math.max(most, now)));
  }, 500);
  const jobs = new Map<number, Followed>();
  const begin = performance.now();
  let submitted = false;
  const following = follow(client, jobs, () => submitted);
  const posts = await submitAll(client, (index) =>
    jobs.set(index, { seen: 0, wrong: undefined, postponed: 0 }),
  );
  submitted = true;
  const took = (performance.now() - begin) / 1_000;
  say(`POST of ${JOBS} jobs`, `${took.toFixed(0)} s, ${(JOBS / took).toFixed(1)} a second`);
  say(
    'one POST',
    `p50 ${percentile(posts, 0.5).toFixed(0)} ms, p99 ${percentile(posts, 0.99).toFixed(0)} ms`,
  );
  const last = settled(kubeconfig).then(() => performance.now());
  const polls = await following;
  const seenAt = performance.now();
  say(
    'the last end is seen after the last Job ended',
    `${Math.max(0, (seenAt - (await last)) / 1_000).toFixed(1)} s`,
  );
  say('calls of the API in all', JSON.stringify(proxy.calls()));
  say('lists', `${(proxy.listBytes() / 2 ** 20).toFixed(0)} MiB`);
  const wrong = [...jobs.values()].flatMap((job) => job.wrong ?? []);
  say(`wrong statuses in ${polls} polls`, String(wrong.length));
  const postponed = [...jobs.values()].reduce((sum, job) => sum + job.postponed, 0);
  say('polls that were answered with 503', String(postponed));
  for (const line of wrong.slice(0, 10)) say('  wrong', line);
  await costOfPolls(client, proxy);
  say('loop delay p99', `${(await service.loopDelay()).toFixed(1)} ms`);
  clearInterval(weigh);
  const after = await service.residentMebibytes();
  say('memory', `idle ${idle.toFixed(0)}, most ${most.toFixed(0)}, after ${after.toFixed(0)} MiB`);
  client.close();
  return wrong.length;
}

/** R17: what polls of known jobs cost beside lists and watches. */
async function costOfPolls(client: HttpClient, proxy: ClusterProxy): Promise<void> {
  const asked = (): number => {
    const counted = Object.entries(proxy.calls());
    const others = counted.filter(([kind]) => kind !== 'list' && kind !== 'watch');
    return others.reduce((sum, [, count]) => sum + count, 0);
  };
  await sleep(3_000);
  const before = asked();
  const begin = performance.now();
  for (let index = 0; index < JOBS; index += 1)
    await client.send('GET', `/api/v1/${jidOf(index)}/`);
  const took = (performance.now() - begin) / JOBS;
  say(
    'R17: calls of the API a poll',
    `${((asked() - before) / JOBS).toFixed(4)}, ${took.toFixed(2)} ms a poll`,
  );
}

const cluster = await KwokCluster.up();
const { kubeconfig } = cluster;
const folder = await mkdtemp(join(tmpdir(), 'pman-scale-'));
const cleanUps: (() => unknown)[] = [];
try {
  await Promise.all(['in', 'out'].map((name) => mkdir(join(folder, name))));
  const proxy = await startClusterProxy(kubeconfig);
  cleanUps.push(() => proxy.close());
  const address = { server: `http://127.0.0.1:${proxy.port}`, 'insecure-skip-tls-verify': true };
  const proxied = join(folder, 'kubeconfig');
  await writeFile(
    proxied,
    JSON.stringify({
      clusters: [{ name: 'k', cluster: address }],
      users: [{ name: 'k', user: {} }],
      contexts: [{ name: 'k', context: { cluster: 'k', user: 'k' } }],
      'current-context': 'k',
    }),
  );
  const service = await startService({
    CONTAINER_ENV: 'kubernetes',
    KUBECONFIG: proxied,
    STORAGE_TYPE: 'host',
    STOREBASE: folder,
    NODE_SELECTOR: 'type=kwok',
    // The nodes have no logs.
    JOB_LOGS_TAIL: '0',
  });
  cleanUps.push(() => service.stop());
  process.exitCode = (await measure(service, proxy, kubeconfig)) === 0 ? 0 : 1;
} finally {
  for (const cleanUp of cleanUps.toReversed()) await cleanUp();
  await rm(folder, { recursive: true, force: true });
  await cluster.down();
}
