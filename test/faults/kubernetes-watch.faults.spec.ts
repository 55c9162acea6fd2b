import { writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Harness } from '../contract/harness.js';
import { BUILD_AND_START_MS, refusal, WATCH } from './cluster-answers.js';
import { ClusterRig } from './cluster-rig.js';
import type { Fault } from './fault-rules.js';
import { until } from './faulty-engine.js';

/** A watch that has died without a sign is noticed within ten seconds; then all is listed. */
const FRESH_MS = 15_000;
/** The longest pause before watches are opened again that have failed again and again. */
const REOPENED_MS = 60_000;
const ALL_JOBS = /\/jobs\?(?!.*watch=true).*managed-by/;
const EXPIRED = { type: 'ERROR', object: { kind: 'Status', code: 410, reason: 'Expired' } };

let rig: ClusterRig;
let harness: Harness;

beforeAll(async () => {
  rig = await ClusterRig.up('f-k8s-watch');
  harness = await rig.serve();
}, BUILD_AND_START_MS);
afterEach(() => rig.proxy.heal());
afterAll(() => rig.down());

/** Whoever watches begins anew, and this time with a fault in the way. */
async function watchWith(fault: Fault, times?: number): Promise<void> {
  const rule = rig.proxy.add({ path: WATCH, fault, ...(times !== undefined && { times }) });
  rig.proxy.dropConnections();
  await rule.hit;
}

/** What the service tells follows the cluster, while a job runs. */
async function staysFresh(): Promise<void> {
  const short = await harness.job('echo short; exit 3');
  const long = await harness.job('exec sleep 300');
  await Promise.all([harness.submit(short), harness.submit(long)]);
  const done = ['wait', '--for', 'condition=Failed', `job/${short.jid}`, '--timeout', '55s'];
  await rig.cluster.kubectl(...done);
  await until(
    async () => (await harness.get(short.jid)).body['status'] === 'finishedWithError',
    FRESH_MS,
  );
  await harness.until(long.jid, ({ status }) => status === 'started');
  await rig.cluster.kubectl('delete', 'job', long.jid);
  await until(async () => (await harness.get(long.jid)).status === 404, FRESH_MS);
}

/** Without the fault the watches are opened again, and tell all: no list is made, nor any look-up. */
async function recovers(): Promise<void> {
  rig.proxy.heal();
  const watches = rig.proxy.count('GET', WATCH);
  await until(async () => {
    const lists = rig.proxy.count('GET', ALL_JOBS);
    await sleep(3_000);
    const areNew = rig.proxy.count('GET', WATCH) >= watches + 2;
    return areNew && rig.proxy.count('GET', ALL_JOBS) === lists;
  }, REOPENED_MS);
  const job = await harness.job('sleep 4; exit 5');
  await harness.submit(job);
  rig.proxy.add({ method: 'GET', path: ALL_JOBS, fault: { kind: 'swallow' } });
  const asked = rig.proxy.requests.length;
  await rig.cluster.kubectl('wait', '--for', 'condition=Failed', `job/${job.jid}`);
  await until(
    async () => (await harness.get(job.jid)).body['status'] === 'finishedWithError',
    2_000,
  );
  const since = rig.proxy.requests.slice(asked).map(({ path }) => path);
  const lookUps = since.filter((path) => path.endsWith(`/jobs/${job.jid}`));
  expect(since.filter((path) => ALL_JOBS.test(path))).toEqual([]);
  // For its log.
  expect(lookUps.length).toBeLessThanOrEqual(1);
  rig.proxy.heal();
}

describe('K4: a history that is gone', () => {
  it.each<[string, Fault]>([
    ['says the answer to the watch', refusal(410, 'Expired', 'too old resource version')],
    ['says an event in the watch', { kind: 'lines', change: () => [JSON.stringify(EXPIRED)] }],
  ])('%s: no state is lost', async (_words, fault) => {
    await watchWith(fault);
    await staysFresh();
    await expect(recovers()).resolves.toBeUndefined();
  });

  it('makes no storm of lists nor of watches, and the watches go on trying', async () => {
    const job = await harness.job('exec sleep 300');
    await harness.submit(job);
    await watchWith(refusal(410, 'Expired', 'too old resource version'));
    const SECONDS = 15;
    const counts = (): number[] => [ALL_JOBS, WATCH].map((path) => rig.proxy.count('GET', path));
    const [listsBefore = 0, watchesBefore = 0] = counts();
    await sleep(SECONDS * 1_000);
    const [lists = 0, watches = 0] = counts();
    expect(lists - listsBefore).toBeLessThanOrEqual(SECONDS + 1);
    expect(lists - listsBefore).toBeGreaterThan(0);
    // Of Jobs and of pods.
    expect(watches - watchesBefore).toBeLessThanOrEqual(2 * SECONDS);
    expect(watches - watchesBefore).toBeGreaterThan(0);
    await harness.delete(job.jid);
    await recovers();
  });

  it('in the middle of a list begins the list anew', async () => {
    const cut = rig.proxy.add({
      method: 'GET',
      path: ALL_JOBS,
      times: 1,
      fault: refusal(410, 'Expired', 'the provided continue parameter is too old'),
    });
    const job = await harness.job('exec sleep 300');
    await harness.submit(job);
    // Whoever watches begins anew, with a list.
    rig.proxy.dropConnections();
    await cut.hit;
    expect((await harness.get(job.jid)).body['status']).toBe('started');
    await harness.delete(job.jid);
  });
});

describe('K5: a watch', () => {
  it.each<[string, Fault]>([
    ['that is silent', { kind: 'hang', after: 'headers' }],
    ['on a connection that dies without a sign', { kind: 'hang', after: 4_000 }],
    ['without its events', { kind: 'lines', change: () => [] }],
    ['with every event twice', { kind: 'lines', change: (line) => [line, line] }],
    ['cut in the middle of an event', { kind: 'cut', after: 1_500 }],
    ['of rubbish', { kind: 'lines', change: () => ['{"type":', '[]', 'null', '{"type":"ADDED"}'] }],
    ['that ends at once', { kind: 'cut', after: 'headers' }],
    ['that is refused', refusal(500, 'InternalError')],
    ['that ends as soon as it begins', { kind: 'answer', status: 200, body: '' }],
  ])('%s leaves every state right', async (_words, fault) => {
    await watchWith(fault);
    await staysFresh();
    await expect(recovers()).resolves.toBeUndefined();
  });

  it('with the largest object that a cluster takes goes on', async () => {
    const padding = 'x'.repeat(1_000);
    const env = Array.from({ length: 1_200 }, (_, index) => ({
      name: `V${index}`,
      value: padding,
    }));
    const container = { name: 'job', image: 'local/probe:1', env };
    const large = {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name: 'large', labels: { 'org.chrisproject.pman.managed-by': 'pman' } },
      spec: {
        suspend: true,
        template: { spec: { restartPolicy: 'Never', containers: [container] } },
      },
    };
    const file = `${rig.cluster.folder}/large.json`;
    await writeFile(file, JSON.stringify(large));
    await rig.cluster.kubectl('create', '--filename', file);
    await expect(staysFresh()).resolves.toBeUndefined();
    await rig.cluster.kubectl('delete', 'job', 'large');
  });
});

/** As a cluster shows an object that no controller has looked at. */
function withoutStatus(body: string): string {
  const answer = JSON.parse(body) as { items?: { status?: unknown }[]; status?: unknown };
  for (const item of answer.items ?? [answer]) item.status = {};
  return JSON.stringify(answer);
}

function eventWithoutStatus(line: string): string[] {
  if (line === '') return [line];
  const event = JSON.parse(line) as { object: { status?: unknown } };
  event.object.status = {};
  return [JSON.stringify(event)];
}

describe('K6: a Job whose status is empty', () => {
  it('is never one of an undefined state, and has its end as soon as the cluster tells it', async () => {
    const job = await harness.job('exit 4');
    await harness.submit(job);
    rig.proxy.add({
      method: 'GET',
      path: /\/jobs(?:\/|\?(?!.*watch=true))/,
      fault: {
        kind: 'rewrite',
        change: ({ status, body }) => ({ status, body: withoutStatus(body) }),
      },
    });
    const JOB_WATCH = /\/jobs\?.*watch=true/;
    rig.proxy.add({ path: JOB_WATCH, fault: { kind: 'lines', change: eventWithoutStatus } });
    rig.proxy.dropConnections();
    const seen = new Set<string>();
    for (let round = 0; round < 40; round += 1) {
      seen.add((await harness.get(job.jid)).body['status'] ?? 'none');
      await sleep(100);
    }
    seen.delete('notstarted');
    seen.delete('started');
    seen.delete('finishedWithError');
    expect([...seen]).toEqual([]);
    rig.proxy.heal();
    // The same version of an object with another status is for a list to find.
    rig.proxy.dropConnections();
    expect(await harness.finish(job.jid)).toMatchObject({ status: 'finishedWithError' });
  });
});
