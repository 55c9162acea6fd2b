import { chmod, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Harness } from '../contract/harness.js';
import { exchange } from '../e2e/http-client.js';
import { ask, postOf } from './asking.js';
import { FaultRig } from './fault-rig.js';
import { until } from './faulty-engine.js';
import { freePort } from './registry.js';

const SECOND = 1_000;

let rig: FaultRig;

beforeAll(async () => {
  rig = await FaultRig.up('docker', 'f-around');
});
afterAll(() => rig.down());

/** A shell that becomes the service after these commands. */
function shell(commands: string, service = '"$@"'): readonly string[] {
  return ['bash', '-c', `${commands}\nexec ${service}`, 'bash'];
}

async function assertSound(harness: Harness): Promise<void> {
  const { job, answer } = await harness.run('echo sound');
  expect(answer).toMatchObject({ status: 'finishedSuccessfully', logs: 'sound\n' });
  expect((await harness.delete(job.jid)).status).toBe(204);
}

/** Seconds of a processor that a process has used so far. */
async function processorTime(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

describe('a service in poor surroundings', () => {
  it('X1: whose log nobody reads any more answers as ever', async () => {
    // The first reader of the log passes on the first lines and then stands still.
    const reader = '(grep -m 1 --line-buffered address; exec tail --pid=$$ -f /dev/null)';
    const harness = await rig.serve({
      socketPath: '/nowhere/engine.sock',
      wrapper: shell('', `"$@" > >(${reader})`),
    });
    for (let round = 0; round < 10; round += 1) {
      const polls = Array.from({ length: 20 }, () => ask(harness, '/api/v1/some-job/'));
      const answers = await Promise.all(polls);
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([503]));
    }
    const live = await ask(harness, '/health/live');
    expect(live.status).toBe(200);
    expect(live.took).toBeLessThan(SECOND);
    await harness.stop();
  });

  it('X1: whose log goes to a full disk answers as ever', async () => {
    const PORT = String(await freePort());
    const address = `printf '{"address":"http://127.0.0.1:%s"}\\n' ${PORT}`;
    const harness = await rig.serve({
      variables: { PORT, LOG_LEVEL: 'debug' },
      wrapper: shell(address, '"$@" >/dev/full'),
    });
    await until(
      () =>
        ask(harness, '/health/live').then(
          () => true,
          () => false,
        ),
      10 * SECOND,
    );
    await assertSound(harness);
    await harness.stop();
  });

  it('X1: with few file descriptors serves again when clients let go of them, and does not spin', async () => {
    const harness = await rig.serve({ wrapper: ['prlimit', '--nofile=64'] });
    const { pid, baseUrl } = harness.running;
    const port = Number(new URL(baseUrl).port);
    const idle = Array.from({ length: 150 }, () => exchange(port, [], { wait: 2 * SECOND }));
    const before = await processorTime(pid);
    await Promise.all(idle);
    expect((await processorTime(pid)) - before).toBeLessThan(1);
    await until(async () => (await ask(harness, '/health/ready')).status === 200, 5 * SECOND);
    await assertSound(harness);
    await harness.stop();
  });

  it('X1: as an unknown user on a disk that cannot be written to needs neither', async () => {
    await chmod(rig.store, 0o777);
    await chmod(rig.socketOf('proxy'), 0o666);
    const harness = await rig.serve({
      variables: { TMPDIR: '/nowhere' },
      wrapper: [
        'unshare',
        '--mount',
        ...shell(
          `mount --make-rprivate / && mount --bind ${rig.store} ${rig.store} &&
          mount -o remount,ro,bind / && ! touch /tmp/x 2>/dev/null || exit 1`,
          // It reads what root's folders hold, as in an image of its own.
          `setpriv --reuid=54321 --regid=54321 --clear-groups \\
            --inh-caps=+dac_read_search --ambient-caps=+dac_read_search "$@"`,
        ),
      ],
    });
    expect((await ask(harness, '/health/ready')).status).toBe(200);
    await assertSound(harness);
    await harness.stop();
  });

  it('X1: without name service says that the engine cannot be reached', async () => {
    const empty = join(rig.engine.folder, 'resolv.conf');
    await writeFile(empty, 'nameserver 127.0.0.1\noptions timeout:1 attempts:1\n');
    const harness = await rig.serve({
      variables: { DOCKER_HOST: 'tcp://engine.invalid:2375' },
      wrapper: ['unshare', '--mount', ...shell(`mount --bind ${empty} /etc/resolv.conf`)],
    });
    const answer = await ask(harness, '/api/v1/', postOf(await harness.job('true')));
    expect(answer.status).toBe(503);
    expect(answer.text).toContain('the container engine cannot be reached');
    expect(answer.took).toBeLessThan(6 * SECOND);
    expect((await ask(harness, '/health/live')).status).toBe(200);
    await harness.stop();
  });
});

describe('a clock that is wrong', () => {
  async function faketime(): Promise<string> {
    const folders = await readdir('/usr/lib');
    const folder = folders.find((name) => name.endsWith('-linux-gnu'));
    return `/usr/lib/${folder}/faketime/libfaketime.so.1`;
  }

  it.each([
    ['an hour slow', '-1h'],
    ['ten years fast', '+10y'],
    ['at the end of 32 bits', '@2038-01-19 03:14:00'],
  ])('D27: by %s changes no answer, no deadline and no time of a job', async (_words, FAKETIME) => {
    const harness = await rig.serve({
      variables: {
        LD_PRELOAD: await faketime(),
        FAKETIME,
        FAKETIME_DONT_FAKE_MONOTONIC: '1',
        JOB_TIMEOUT: '60',
      },
    });
    const logged = harness.serviceLog.map((line) => /"time":"([^"]+)"/.exec(line)?.[1]);
    expect(Math.abs(Date.parse(logged[0] ?? '') - Date.now())).toBeGreaterThan(50 * 60 * SECOND);
    const { answer } = await harness.run('sleep 2; echo sound');
    expect(answer).toMatchObject({ status: 'finishedSuccessfully', logs: 'sound\n' });
    const age = Date.now() - Date.parse(answer['timestamp'] ?? '');
    expect(age).toBeGreaterThanOrEqual(0);
    expect(age).toBeLessThan(30 * SECOND);
    await harness.stop();
  });

  it('D27: that steps while jobs run ends nothing early and keeps nothing waiting', async () => {
    const file = join(rig.engine.folder, 'clock');
    await writeFile(file, '+0');
    const harness = await rig.serve({
      variables: {
        LD_PRELOAD: await faketime(),
        FAKETIME_TIMESTAMP_FILE: file,
        FAKETIME_NO_CACHE: '1',
        FAKETIME_DONT_FAKE_MONOTONIC: '1',
        JOB_TIMEOUT: '60',
      },
    });
    const job = await harness.job('until [ -e /share/outgoing/stop ]; do sleep 0.1; done');
    await harness.submit(job);
    for (const step of ['+5y', '-5y', '+0']) {
      await writeFile(file, step);
      await assertSound(harness);
      const ready = await ask(harness, '/health/ready');
      expect(ready.status, ready.text).toBe(200);
      expect((await harness.get(job.jid)).body['status']).toBe('started');
    }
    await writeFile(join(rig.store, job.output_dir, 'stop'), '');
    expect((await harness.finish(job.jid))['status']).toBe('finishedSuccessfully');
    await harness.stop();
  });
});

describe('a service that is asked to end while its engine is silent', () => {
  it('D24: answers what is under way within half a minute, and ends with code 0', async () => {
    const harness = await rig.serve();
    const { job: known } = await harness.run('true');
    const jobs = [await harness.job('true'), await harness.job('true')];
    const swallow = { method: 'POST', path: /create/, fault: { kind: 'swallow' } } as const;
    const create = rig.proxy.add(swallow);
    const posts = jobs.map((job) => harness.post(job).then(({ status }) => status));
    const removed = harness.delete(known.jid).then(({ status }) => status);
    await create.hit;
    expect(await removed).toBe(204);
    await rig.engine.freeze();
    const began = performance.now();
    process.kill(harness.running.pid, 'SIGTERM');
    expect(await Promise.all(posts)).toEqual([503, 503]);
    await until(() => Promise.resolve(hasEnded(harness.running.pid)), 30 * SECOND);
    expect(performance.now() - began).toBeLessThan(28 * SECOND);
    // It throws when the code was another one.
    await harness.stop();
    await rig.engine.thaw();
    rig.proxy.heal();
  });
});

function hasEnded(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return false;
  } catch {
    return true;
  }
}
