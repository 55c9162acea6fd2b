import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startClusterProxy, type ClusterProxy } from './cluster-proxy.ts';
import { FollowedJobs } from './followed-jobs.ts';
import { HttpClient, type Endpoint } from './http-client.ts';
import { KwokCluster, kubectl } from './kwok-cluster.ts';
import { startService, type BenchService } from './service.ts';

/*
 * Runs thousands of jobs through the service on a real API server whose nodes kwok plays, and follows
 * each by its status to the end:
 *   npm run bench:kubernetes [-- 10000]
 * Brings up a cluster of its own (test/engines/kubernetes); needs root. Exit code 1 when a bar is missed.
 */
const JOBS = Number(process.argv[2] ?? 10_000);
const SUBMITTERS = Number(process.env['SUBMITTERS'] ?? 256);
/** R17: calls of the API that polls of known jobs may cause, each. */
const CALLS_A_POLL = 0.001;
const POSTPONED_SHARE = 0.01;
const LAST_END_S = 5;
/** Memory that stays, and that is used on the way, for each job. */
const KIB_A_JOB = 8;
const KIB_A_JOB_MOST = 16;
/** What a run of few jobs takes already. */
const BASE_MIB = 60;
const SECOND = 1_000;

const verdicts: boolean[] = [];
const say = (what: string, value: string): void => {
  process.stdout.write(`${what.padEnd(52)} ${value}\n`);
};
/** Says a figure that has a bar, and whether it keeps to it. */
const judge = (what: string, value: number, most: number, digits = 0, unit = ''): void => {
  const isKept = value <= most;
  verdicts.push(isKept);
  const figure = `${value.toFixed(digits)}${unit}`;
  say(what, `${figure.padEnd(14)} bar ${most}${unit}: ${isKept ? 'kept' : 'MISSED'}`);
};
const percentile = (values: readonly number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length * share)] ?? Number.NaN;

type Calls = Readonly<Record<string, number>>;

const since = (before: Calls, now: Calls): Calls =>
  Object.fromEntries(
    Object.entries(now).map(([kind, count]) => [kind, count - (before[kind] ?? 0)]),
  );

/** Look-ups, and nothing that the service asks at its own pace or to submit a job. */
function lookUps(calls: Calls, submitted: number): number {
  const { get = 0 } = calls;
  // A submission looks once whether the job is there.
  return Math.max(0, get - submitted) + (calls['pods of a job'] ?? 0);
}

/** How long after the end of its Job that of each job was seen, in seconds, and of the last one. */
async function latenesses(kubeconfig: string, jobs: FollowedJobs) {
  const line =
    'jsonpath={range .items[*]}{.metadata.name} {.status.conditions[*].lastTransitionTime}{"\\n"}{end}';
  const text = await kubectl(kubeconfig, 'get', 'jobs', '--output', line);
  const ends = text.split('\n').flatMap((row) => {
    const [jid = '', ...times] = row.trim().split(' ');
    const endedAt = Math.max(...times.map((time) => Date.parse(time)));
    const seenAt = jobs.endSeenAt(jid);
    return jid === '' || seenAt === undefined ? [] : [{ endedAt, seenAt }];
  });
  if (ends.length !== JOBS) throw new Error(`${ends.length} of ${JOBS} Jobs are there`);
  const last = Math.max(...ends.map(({ endedAt }) => endedAt));
  return {
    each: ends.map(({ endedAt, seenAt }) => (seenAt - endedAt) / SECOND),
    last: (Math.max(...ends.map(({ seenAt }) => seenAt)) - last) / SECOND,
  };
}

async function measure(
  service: BenchService,
  proxy: ClusterProxy,
  kubeconfig: string,
): Promise<void> {
  const endpoint: Endpoint = { host: '127.0.0.1', port: service.port };
  const jobs = new FollowedJobs(endpoint, JOBS);
  const idle = await service.residentMebibytes();
  let most = idle;
  const weigh = setInterval(() => {
    void service.residentMebibytes().then((now) => (most = Math.max(most, now)));
  }, 500);
  const begin = performance.now();
  let submitted = false;
  const before = proxy.calls();
  const following = jobs.follow(() => submitted);
  await jobs.submit(SUBMITTERS);
  submitted = true;
  const took = (performance.now() - begin) / SECOND;
  const rate = (JOBS / took).toFixed(1);
  say(`POST of ${JOBS} jobs, ${SUBMITTERS} at once`, `${took.toFixed(0)} s, ${rate} a second`);
  const [p50, p99] = [percentile(jobs.posts, 0.5), percentile(jobs.posts, 0.99)];
  say('one POST', `p50 ${p50.toFixed(0)} ms, p99 ${p99.toFixed(0)} ms`);
  say('POSTs that were answered with 503', String(jobs.postponed.posts));
  const posted = { calls: proxy.calls(), polls: jobs.polls };
  await following;
  clearInterval(weigh);
  say('all jobs have ended after', `${((performance.now() - begin) / SECOND).toFixed(0)} s`);
  tellOfCalls(jobs, since(before, proxy.calls()));
  const alone = lookUps(since(posted.calls, proxy.calls()), 0);
  const polls = jobs.polls - posted.polls;
  say(`look-ups in ${polls} polls after the last POST`, String(alone));
  judge(`wrong statuses in ${jobs.polls} polls`, jobs.wrong.length, 0);
  for (const line of jobs.wrong.slice(0, 10)) say('  wrong', line);
  judge('polls answered with 503, a poll', jobs.postponed.polls / jobs.polls, POSTPONED_SHARE, 4);
  say('loop delay p99', `${(await service.loopDelay()).toFixed(1)} ms`);
  const { each, last } = await latenesses(kubeconfig, jobs);
  say(
    'an end is seen after it, each polled every 2 s or so',
    `p50 ${percentile(each, 0.5).toFixed(1)} s, p99 ${percentile(each, 0.99).toFixed(1)} s`,
  );
  judge('the last end is seen after the last Job ended', Math.max(0, last), LAST_END_S, 1, ' s');
  await costOfPolls(endpoint, proxy);
  const after = await service.residentMebibytes();
  say('memory', `idle ${idle.toFixed(0)}, most ${most.toFixed(0)}, after ${after.toFixed(0)} MiB`);
  const allowed = (kibibytes: number): number => BASE_MIB + Math.ceil((JOBS * kibibytes) / 1_024);
  judge('memory that stays', after - idle, allowed(KIB_A_JOB), 0, ' MiB');
  judge('memory on the way', most - idle, allowed(KIB_A_JOB_MOST), 0, ' MiB');
}

function tellOfCalls(jobs: FollowedJobs, calls: Calls): void {
  say('calls of the API in all', JSON.stringify(calls));
  const { list = 0, watch = 0 } = calls;
  say('pages of lists, and watches, a poll', ((list + watch) / jobs.polls).toFixed(4));
  const asked = lookUps(calls, JOBS + jobs.postponed.posts);
  judge('R17: look-ups a poll while jobs run', asked / jobs.polls, CALLS_A_POLL, 5);
}

/** R17: what polls of jobs that have ended cost. */
async function costOfPolls(endpoint: Endpoint, proxy: ClusterProxy): Promise<void> {
  const client = new HttpClient(endpoint);
  await sleep(3 * SECOND);
  const before = proxy.calls();
  const begin = performance.now();
  for (let index = 0; index < JOBS; index += 1) {
    await client.send('GET', `/api/v1/${FollowedJobs.jidOf(index)}/`);
  }
  const took = (performance.now() - begin) / JOBS;
  client.close();
  const calls = since(before, proxy.calls());
  say('a poll of a job that has ended', `${took.toFixed(2)} ms; calls ${JSON.stringify(calls)}`);
  judge('R17: look-ups a poll of a job that has ended', lookUps(calls, 0) / JOBS, CALLS_A_POLL, 5);
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
  await measure(service, proxy, kubeconfig);
  process.exitCode = verdicts.every(Boolean) ? 0 : 1;
} finally {
  for (const cleanUp of cleanUps.toReversed()) await cleanUp();
  await rm(folder, { recursive: true, force: true });
  await cluster.down();
}
