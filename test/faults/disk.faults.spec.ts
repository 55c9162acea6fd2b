import { execFile } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Harness } from '../contract/harness.js';
import { ask, postOf } from './asking.js';
import { FaultRig } from './fault-rig.js';
import { until } from './faulty-engine.js';

const run = promisify(execFile);
const RUN_BASE = process.env['PMAN_TEST_RUN'] ?? '/tmp/pman-test';
const DISK = join(RUN_BASE, 'f-small-disk');

let rig: FaultRig;
let harness: Harness;

beforeAll(async () => {
  await mkdir(DISK, { recursive: true });
  await run('mount', ['-t', 'tmpfs', '-o', 'size=64m', 'tmpfs', DISK]);
  rig = await FaultRig.up('docker', 'f-disk', { options: ['--data-root', DISK] });
  harness = await rig.serve();
});
afterAll(async () => {
  await rig.down();
  await run('umount', ['-l', DISK]);
  await rm(DISK, { recursive: true });
});

/** Takes every byte that is left. */
async function fill(): Promise<() => Promise<void>> {
  const ballast = join(DISK, 'ballast');
  const write = writeFile(ballast, Buffer.alloc(80 * 1024 * 1024));
  await write.catch(() => undefined);
  return () => rm(ballast);
}

describe('an engine whose disk is full', () => {
  it('D16: refuses a job with 503 in words, leaves nothing, shows what it knows, and recovers', async () => {
    const { job: ended, answer } = await harness.run('echo kept; exit 3');
    const job = await harness.job('echo run >>/share/outgoing/runs; echo done');
    const makeRoom = await fill();
    try {
      const refused = await ask(harness, '/api/v1/', postOf(job));
      expect(refused.status).toBe(503);
      expect(refused.headers.get('retry-after')).toBe('5');
      expect(refused.text).toContain('no space left on device');
      expect((await harness.get(ended.jid)).body).toEqual(answer);
      expect((await harness.get(job.jid)).status).toBe(404);
      expect((await rig.containers()).filter((name) => name.includes(job.jid))).toEqual([]);
      expect((await ask(harness, '/health/live')).status).toBe(200);
    } finally {
      await makeRoom();
    }
    await until(async () => (await ask(harness, '/health/ready')).status === 200, 2_000);
    await harness.submit(job);
    expect(await harness.finish(job.jid)).toMatchObject({
      status: 'finishedSuccessfully',
      logs: 'done\n',
    });
    expect(await harness.written(job, 'runs')).toBe('run\n');
    expect((await harness.delete(ended.jid)).status).toBe(204);
  });

  it('D16: that is full when a job is started leaves no container of it', async () => {
    const job = await harness.job('echo run >>/share/outgoing/runs');
    rig.proxy.add({
      method: 'POST',
      path: /\/start/,
      times: 1,
      fault: {
        kind: 'answer',
        status: 500,
        body: '{"message":"mkdir /run/x: no space left on device"}',
      },
    });
    const refused = await ask(harness, '/api/v1/', postOf(job));
    expect(refused.status).toBe(503);
    expect(refused.text).toContain('no space left on device');
    expect((await rig.containers()).filter((name) => name.includes(job.jid))).toEqual([]);
    await harness.submit(job);
    await harness.finish(job.jid);
    expect(await harness.written(job, 'runs')).toBe('run\n');
  });
});
