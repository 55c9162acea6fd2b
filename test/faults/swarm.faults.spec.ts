import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask } from './asking.js';
import { until } from './faulty-engine.js';
import { SwarmRig } from './swarm-rig.js';

const SETTLE_MS = 60_000;
const ON_THIRD = { NODE_SELECTOR: 'rig=third' };

let rig: SwarmRig;

beforeAll(async () => {
  rig = await SwarmRig.up('f-swarm');
  await rig.change(rig.nodes[2], { Labels: { rig: 'third' } });
});
afterAll(async () => {
  await rig.down();
});

describe('a swarm of three managers', () => {
  it('S2: whose leader dies in the middle of a POST runs the job once', async () => {
    const harness = await rig.serve();
    const before = await harness.run('echo before');
    let again = () => Promise.resolve();
    const create = rig.proxy.add({
      method: 'POST',
      path: /\/services\/create/,
      times: 1,
      beforeForward: async () => {
        again = await rig.nodes[0].kill();
      },
    });
    const job = await harness.job('echo run >> /share/outgoing/runs');
    expect((await harness.post(job)).status).toBe(201);
    expect(create.hits).toBe(1);
    expect((await harness.finish(job.jid))['status']).toBe('finishedSuccessfully');
    await again();
    await until(async () => (await rig.reachable()) === 3, SETTLE_MS);
    expect(await harness.written(job, 'runs')).toBe('run\n');
    expect((await rig.services()).filter((name) => name === job.jid)).toHaveLength(1);
    // A new leader looks through all services: what has ended stays ended.
    expect((await harness.get(before.job.jid)).body).toMatchObject({ logs: 'before\n' });
    expect((await harness.delete(job.jid)).status).toBe(204);
    await harness.stop();
  });

  it('S1: without a quorum is not ready and says why, and goes on when it has one', async () => {
    const harness = await rig.serve();
    const { job: ended } = await harness.run('echo ended');
    const job = await harness.job('echo run >> /share/outgoing/runs');
    let submitted: Promise<{ readonly status: number }> | undefined;
    await Promise.all([rig.nodes[0].freeze(), rig.nodes[2].freeze()]);
    try {
      await until(async () => (await ask(harness, '/health/ready')).status === 503, SETTLE_MS);
      expect((await ask(harness, '/health/ready')).text).toContain('no leader');
      submitted = harness.post(job);
      const known = await harness.get(ended.jid);
      expect(known.body['status']).toBe('finishedSuccessfully');
    } finally {
      await Promise.all([rig.nodes[0].thaw(), rig.nodes[2].thaw()]);
    }
    await until(async () => (await ask(harness, '/health/ready')).status === 200, SETTLE_MS);
    expect((await submitted)?.status).toBe(201);
    expect((await harness.finish(job.jid))['status']).toBe('finishedSuccessfully');
    expect(await harness.written(job, 'runs')).toBe('run\n');
    await harness.stop();
  });

  it('S3: that drains a node ends the job there with an error, and does not run it again', async () => {
    const harness = await rig.serve(ON_THIRD);
    const job = await harness.job('echo run >> /share/outgoing/runs; sleep 100');
    await harness.submit(job);
    await harness.appears(job, 'runs');
    await rig.change(rig.nodes[2], { Availability: 'drain' });
    expect((await harness.finish(job.jid))['status']).toBe('finishedWithError');
    const waiting = await harness.job('true');
    await harness.submit(waiting);
    const { message } = await harness.until(waiting.jid, (body) =>
      (body['message'] ?? '').includes('no suitable node'),
    );
    expect(message).toContain('no suitable node');
    await rig.change(rig.nodes[2], { Availability: 'active' });
    expect((await harness.finish(waiting.jid))['status']).toBe('finishedSuccessfully');
    expect(await harness.written(job, 'runs')).toBe('run\n');
    await harness.stop();
  });

  it('S1: whose engine is no manager any more is a 503 that says so', async () => {
    const harness = await rig.serve({}, rig.nodes[2]);
    const { job: ended } = await harness.run('echo ended');
    await rig.change(rig.nodes[2], { Role: 'worker' });
    // Its peers know it first: for a while it is neither, with a manager's socket gone.
    await until(async () => {
      const { ControlAvailable, Error: words = '' } = await rig.nodes[2].swarm();
      return !ControlAvailable && words === '';
    }, SETTLE_MS);
    const ready = await ask(harness, '/health/ready');
    expect(ready.status).toBe(503);
    expect(ready.text).toContain('not a manager');
    const { status, body } = await harness.post(await harness.job('true'));
    expect(status).toBe(503);
    expect(body['message']).toContain('not a swarm manager');
    expect((await harness.get(ended.jid)).body).toMatchObject({
      status: 'finishedSuccessfully',
      logs: 'ended\n',
    });
    expect(harness.serviceLog.join('\n')).toContain('not a swarm manager');
    await harness.stop();
  });

  it('S3: that loses a worker says so while it may come back, and ends the job when it is given up', async () => {
    const harness = await rig.serve(ON_THIRD);
    // A node that has just changed its role may miss heartbeats, and lose what it was given.
    const isSteady = async () =>
      (await harness.run('true')).answer['status'] === 'finishedSuccessfully';
    await until(isSteady, SETTLE_MS);
    const [kept, removed] = [await harness.job('sleep 100'), await harness.job('sleep 100')];
    await harness.submit(kept);
    await harness.submit(removed);
    for (const { jid } of [kept, removed])
      await harness.until(jid, ({ status }) => status === 'started');
    await rig.nodes[2].freeze();
    await until(async () => (await rig.stateOf(rig.nodes[2])) === 'down', SETTLE_MS);
    const { message } = await harness.until(kept.jid, (body) =>
      (body['message'] ?? '').includes('node is down'),
    );
    expect(message).toContain('node is down');
    expect((await harness.delete(removed.jid)).status).toBe(204);
    await rig.nodes[1].http.delete(`/nodes/${rig.nodes[2].id}?force=true`);
    expect((await harness.finish(kept.jid))['message']).toContain('its node has gone');
    await harness.stop();
  });
});
