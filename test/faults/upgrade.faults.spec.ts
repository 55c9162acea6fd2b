import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Harness } from '../contract/harness.js';
import type { WholeAnswer } from './fault-rules.js';
import { FaultRig } from './fault-rig.js';

const TOO_OLD = 'client version 1.41 is too old. Minimum supported API version is 1.44';

let rig: FaultRig;
let harness: Harness;

beforeAll(async () => {
  rig = await FaultRig.up('docker', 'f-upgrade');
  harness = await rig.serve();
});
afterEach(() => rig.proxy.heal());
afterAll(() => rig.down());

/** The engine says that it is a newer one. */
function upgraded({ status, body }: WholeAnswer): WholeAnswer {
  const version = JSON.parse(body) as object;
  const newer = { ...version, Version: '29.0.0', ApiVersion: '1.52', MinAPIVersion: '1.44' };
  return { status, body: JSON.stringify(newer) };
}

describe('an engine that is upgraded while the service runs', () => {
  it('D29: to one that speaks no old API any more runs jobs on, old and new', async () => {
    const before = await harness.job('sleep 1; echo before');
    await harness.submit(before);
    rig.proxy.add({ path: /^\/version/, fault: { kind: 'rewrite', change: upgraded } });
    // What a newer engine answers to whoever insists on an old version.
    const refused = rig.proxy.add({
      path: /^\/v1\.(3\d|4[0-3])\//,
      fault: { kind: 'answer', status: 400, body: JSON.stringify({ message: TOO_OLD }) },
    });
    rig.proxy.dropConnections();
    const { answer } = await harness.run('echo after');
    expect(answer['logs']).toBe('after\n');
    expect((await harness.finish(before.jid))['logs']).toBe('before\n');
    expect(refused.hits).toBe(0);
    const { body } = await harness.ready();
    expect(JSON.stringify(body)).toContain('Docker 29.0.0 (API 1.52)');
  });

  it('D29: is not asked for its version with every job', async () => {
    const asked = rig.proxy.count('GET', /^\/version/);
    for (let round = 0; round < 3; round += 1) await harness.run('true');
    expect(rig.proxy.count('GET', /^\/version/)).toBe(asked);
  });
});
