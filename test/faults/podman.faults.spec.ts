import { rm } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask } from './asking.js';
import { startFaultProxy, type FaultProxy } from './fault-proxy.js';
import { FaultRig } from './fault-rig.js';
import { until } from './faulty-engine.js';

const SETTINGS = { PODMAN_EVENTS: 'none', PODMAN_IDLE_SECONDS: '3' };

let rig: FaultRig;
let unit: Activator;
/** In front of the unit. */
let proxy: FaultProxy;

beforeAll(async () => {
  rig = await FaultRig.up('podman', 'f-podman');
  await rig.engine.end();
  unit = await socketUnit(rig.socketOf('unit'));
  const socketPath = rig.socketOf('through');
  proxy = await startFaultProxy({ socketPath }, { socketPath: rig.socketOf('unit') });
});
afterAll(async () => {
  await proxy.close();
  await unit.close();
  await rig.down();
});

interface Activator {
  /** How often the service had to be started. */
  readonly starts: () => number;
  close(): Promise<void>;
}

/** A socket that starts the service when somebody connects and it has ended, as systemd's does. */
async function socketUnit(socketPath: string): Promise<Activator> {
  let starts = 0;
  let starting: Promise<void> | undefined;
  const sockets = new Set<Socket>();
  const wake = (): Promise<void> => {
    starting ??= rig.engine.again(SETTINGS).finally(() => {
      starting = undefined;
    });
    starts += 1;
    return starting;
  };
  const join = (client: Socket): void => {
    const engine = connect(rig.engine.socketPath);
    engine.once('connect', () => client.pipe(engine).pipe(client));
    engine.once('error', () => {
      wake().then(
        () => join(client),
        () => client.destroy(),
      );
    });
    engine.on('close', () => engine.pending || client.destroy());
    client.on('close', () => engine.destroy());
  };
  const server: Server = createServer((client) => {
    sockets.add(client);
    client.on('error', () => client.destroy()).on('close', () => sockets.delete(client));
    join(client);
  });
  server.listen(socketPath);
  await new Promise((resolve) => server.once('listening', resolve));
  return {
    starts: () => starts,
    async close() {
      server.close();
      sockets.forEach((socket) => socket.destroy());
      await rm(socketPath, { force: true });
    },
  };
}

describe('Podman', () => {
  it('P1: without events shows the end of a job within five seconds', async () => {
    const harness = await rig.serve({ socketPath: rig.socketOf('through') });
    const job = await harness.job('sleep 1; exit 3');
    await harness.submit(job);
    await until(async () => (await rig.stateOf(job.jid)) === 'exited', 15_000);
    await until(
      async () => (await harness.get(job.jid)).body['status'] === 'finishedWithError',
      5_000,
    );
    // Its absence of events is not a fault that is tried again and again.
    const asked = proxy.count('GET', /events/);
    await harness.run('true');
    expect(proxy.count('GET', /events/) - asked).toBeLessThan(10);
    expect(proxy.count('GET', /^\/version/)).toBeLessThan(3);
    await harness.stop();
  });

  it('P1: that ends when nobody asks is woken by the next request, and no job is lost', async () => {
    const harness = await rig.serve({ socketPath: rig.socketOf('through') });
    const before = unit.starts();
    const { job, answer } = await harness.run('echo before');
    expect(answer['logs']).toBe('before\n');
    // The lists of an idle service are further apart than Podman waits.
    await until(() => unit.starts() > before, 60_000);
    expect((await harness.get(job.jid)).status).toBe(200);
    const polls = await Promise.all(
      Array.from({ length: 20 }, () => ask(harness, `/api/v1/${job.jid}/`)),
    );
    expect(new Set(polls.map(({ status }) => status))).toEqual(new Set([200]));
    expect((await harness.run('echo after')).answer['logs']).toBe('after\n');
    await harness.stop();
  });
});
