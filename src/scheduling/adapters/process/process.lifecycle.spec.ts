import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { JobHint } from '../../domain/scheduler.port.js';
import { NO_CGROUPS, type HostAbilities } from './host-abilities.js';
import { createRecord } from './job-record.js';
import { Bench, RECORDS, jobName, processesNamed, within } from './job-fixture.js';
import { RecordStore } from './record-store.js';

const name = jobName('job');
let bench: Bench;

const MODES: readonly { readonly mode: string; readonly limitedTo: Partial<HostAbilities> }[] = [
  { mode: 'as this host allows', limitedTo: {} },
  { mode: 'without namespaces', limitedTo: { namespaces: 'none', shareMount: false } },
  {
    mode: 'with nothing but a shell',
    limitedTo: {
      namespaces: 'none',
      shareMount: false,
      dropPrivileges: false,
      boundedLogs: false,
      cgroups: NO_CGROUPS,
    },
  },
];

afterEach(() => bench.close());

/** The one worker's directory of the one job. */
async function workerDirectory(): Promise<string> {
  const jobs = join(bench.root, RECORDS, 'jobs');
  const [job = ''] = await readdir(jobs);
  const worker = (await readdir(join(jobs, job))).find((entry) => entry.endsWith('.1')) ?? '';
  return join(jobs, job, worker);
}

/** Whether a process that has left its parent and its session can still be found. */
function canHoldOrphans(): boolean {
  return bench.host.namespaces !== 'none' || bench.host.cgroups.pids !== undefined;
}

async function supervisorPid(): Promise<number> {
  return Number.parseInt(await readFile(join(await workerDirectory(), 'launched'), 'utf8'), 10);
}

describe.each(MODES)('the life of a job, $mode', ({ limitedTo }) => {
  beforeEach(async () => {
    bench = await Bench.open(limitedTo);
  });

  it('goes on and is known after the service has restarted', async () => {
    await bench.scheduler.submit(bench.shell('echo one; sleep 1; echo two; exit 3'), within());
    const restarted = bench.another();
    expect(await restarted.find(name, within())).toMatchObject({
      specHash: 'hash',
      image: 'fnndsc/pl-any:1',
      state: { status: 'started', message: 'running' },
    });
    expect((await bench.ended(name)).state.exitCode).toBe(3);
    expect(await bench.log()).toBe('one\ntwo\n');
  });

  it('is started once by two services that are asked at the same time', async () => {
    const spec = bench.shell('echo run >>/share/outgoing/marker; sleep 0.3');
    const schedulers = Array.from({ length: 6 }, () => bench.another());
    const jobs = await Promise.all(schedulers.map((one) => one.submit(spec, within())));
    expect(jobs.every((job) => job.state.status === 'started')).toBe(true);
    await bench.ended(name);
    expect(await readFile(join(bench.output, 'marker'), 'utf8')).toBe('run\n');
  });

  it('is left alone by a repeated submission, running or ended', async () => {
    const spec = bench.shell('echo run >>/share/outgoing/marker; sleep 0.2');
    await bench.scheduler.submit(spec, within());
    await bench.another().submit(spec, within());
    await bench.ended(name);
    const repeated = await bench.another().submit(spec, within());
    expect(repeated.state.status).toBe('finishedSuccessfully');
    expect(await readFile(join(bench.output, 'marker'), 'utf8')).toBe('run\n');
  });

  it('is continued when it was recorded and the service crashed before the start', async () => {
    const spec = bench.shell('echo run >>/share/outgoing/marker');
    const store = new RecordStore(join(bench.root, RECORDS));
    await store.claim(createRecord(spec, 'run', bench.scheduler.capabilities));
    const waiting = await bench.scheduler.find(name, within());
    expect(waiting.state).toEqual({
      status: 'notstarted',
      message: 'waiting to be started',
      timestamp: '',
    });
    expect(await bench.log()).toBe('');
    await bench.run(spec);
    expect(await readFile(join(bench.output, 'marker'), 'utf8')).toBe('run\n');
  });

  it('never starts after it was stopped before its start', async () => {
    const spec = bench.shell('echo run >>/share/outgoing/marker');
    const store = new RecordStore(join(bench.root, RECORDS));
    await store.claim(createRecord(spec, 'run', bench.scheduler.capabilities));
    await bench.scheduler.stop(name, within());
    const job = await bench.scheduler.submit(spec, within());
    expect(job.state).toMatchObject({ status: 'finishedWithError', reason: 'Cancelled' });
    expect(await readdir(bench.output)).toEqual([]);
  });

  it('ends as lost when its supervisor is killed, with its processes', async () => {
    const mark = `987${process.pid}`;
    const script = `echo x >/share/outgoing/ready; exec sleep ${mark}`;
    await bench.scheduler.submit(bench.shell(script), within());
    await bench.written('ready');
    process.kill(await supervisorPid(), 'SIGKILL');
    const job = await bench.ended(name);
    expect(job.state).toMatchObject({ status: 'finishedWithError', reason: 'NodeLost' });
    // Without setpriv they live on until the job is removed.
    if (!bench.host.dropPrivileges) await bench.scheduler.remove(name, within());
    await bench.eventually(async () =>
      (await processesNamed(mark)).length === 0 ? true : undefined,
    );
  });

  it('is stopped with children that ignore SIGTERM and have left its session', async () => {
    const mark = `986${process.pid}`;
    const script =
      `trap '' TERM; setsid sh -c "trap '' TERM; sleep ${mark}" & ` +
      `${canHoldOrphans() ? `(setsid sleep ${mark} &) ;` : ''} echo ready >/share/outgoing/ready; while :; do sleep ${mark}; done`;
    await bench.scheduler.submit(bench.shell(script), within());
    await bench.written('ready');
    await bench.scheduler.stop(name, within());
    expect(await processesNamed(mark)).toEqual([]);
    const job = await bench.scheduler.find(name, within());
    expect(job.state).toMatchObject({
      status: 'finishedWithError',
      reason: 'Cancelled',
      message: 'cancelled',
    });
  });

  it('gets SIGTERM and a moment to write its last words', async () => {
    const script = `trap 'echo bye; exit 0' TERM; echo hi; echo x >/share/outgoing/ready; sleep 30 & wait`;
    await bench.scheduler.submit(bench.shell(script), within());
    await bench.written('ready');
    await bench.scheduler.stop(name, within());
    expect(await bench.log()).toBe('hi\nbye\n');
    const { state } = await bench.scheduler.find(name, within());
    expect(state).toMatchObject({ reason: 'Cancelled', exitCode: 0 });
  });

  it('keeps its result when it is stopped after its end', async () => {
    const before = await bench.run(bench.spec({}));
    await bench.scheduler.stop(name, within());
    expect(await bench.scheduler.find(name, within())).toEqual(before);
  });

  it('writes no more once it is removed, and its name is free for another run', async () => {
    const script = 'while :; do date >>/share/outgoing/ticks; sleep 0.01; done';
    await bench.scheduler.submit(bench.shell(script), within());
    await bench.written('ticks');
    await bench.scheduler.remove(name, within());
    const ticks = await readFile(join(bench.output, 'ticks'), 'utf8');
    await sleep(200);
    expect(await readFile(join(bench.output, 'ticks'), 'utf8')).toBe(ticks);
    expect(await readdir(join(bench.root, RECORDS, 'jobs'))).toEqual([]);
    expect(await readdir(join(bench.root, RECORDS, 'tmp'))).toEqual([]);
    expect((await bench.run(bench.shell('echo again'))).state.exitCode).toBe(0);
    expect(await bench.log()).toBe('again\n');
  });

  it('is unknown after its removal, to every call', async () => {
    await bench.run(bench.spec({}));
    await bench.scheduler.remove(name, within());
    const calls = await Promise.allSettled([
      bench.scheduler.find(name, within()),
      bench.log(),
      bench.scheduler.stop(name, within()),
      bench.scheduler.remove(name, within()),
    ]);
    const notFound = { status: 'rejected', reason: { code: 'JobNotFound' } };
    expect(calls).toMatchObject([notFound, notFound, notFound, notFound]);
  });

  it('runs as several workers with one state and all their logs', async () => {
    const spec = bench.shell('echo hello; exit 4', { workers: 3 });
    const job = await bench.run(spec);
    expect(job.state).toMatchObject({
      status: 'finishedWithError',
      message: 'worker 1 of 3: exited with code 4',
    });
    const part = (worker: number): string => `--- worker ${worker} of 3 ---\nhello\n`;
    expect(await bench.log()).toBe(part(1) + part(2) + part(3));
  });

  it('answers calls whose time is over with a passing error', async () => {
    await expect(bench.scheduler.find(name, AbortSignal.abort())).rejects.toMatchObject({
      code: 'BackendUnavailable',
      retryable: true,
    });
  });

  it('is reported on by a check that names what to mend', async () => {
    expect((await bench.scheduler.check(within())).every(({ ok }) => ok)).toBe(true);
    const late = await bench.scheduler.check(AbortSignal.abort());
    expect(late.find(({ ok }) => !ok)?.mend).toContain('PROCESS_RECORDS');
  });
});

describe('the list and the hints', () => {
  beforeEach(async () => {
    bench = await Bench.open();
  });

  it('show a job with the mark of its look-up, which changes with its state', async () => {
    await bench.scheduler.submit(
      bench.shell('while [ ! -e /share/incoming/go ]; do sleep 0.02; done'),
      within(),
    );
    const running = await bench.scheduler.find(name, within());
    expect(await bench.scheduler.list(within())).toEqual([{ name, mark: running.mark }]);
    await writeFile(join(bench.input, 'go'), '');
    const ended = await bench.ended(name);
    expect(ended.mark).not.toBe(running.mark);
    expect(ended.incarnation).toBe(running.incarnation);
    for (const scheduler of [bench.scheduler, bench.scheduler, bench.another()]) {
      expect(await scheduler.list(within())).toEqual([{ name, mark: ended.mark }]);
    }
    await bench.scheduler.remove(name, within());
    expect(await bench.scheduler.list(within())).toEqual([]);
    expect((await bench.run(bench.spec({}))).incarnation).not.toBe(running.incarnation);
  });

  it('name a job that has begun or ended, to any service', async () => {
    const ended = new AbortController();
    const hints: JobHint[] = [];
    const watching = (async () => {
      for await (const hint of bench.another().watch(ended.signal)) hints.push(hint);
    })();
    await bench.eventually(async () => (hints.length > 0 ? true : undefined));
    expect(hints).toEqual([{ kind: 'relist' }]);
    await bench.run(bench.shell('sleep 0.3'));
    const changed: JobHint = { kind: 'changed', name };
    await bench.eventually(async () => (hints.length >= 3 ? true : undefined));
    expect(hints.slice(1)).toEqual(hints.slice(1).map(() => changed));
    ended.abort();
    await watching;
  });
});
