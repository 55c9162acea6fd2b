import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Harness, Job } from '../contract/harness.js';
import { exchange, HttpClient } from '../e2e/http-client.js';
import { ask } from './asking.js';
import { FaultRig } from './fault-rig.js';
import { until } from './faulty-engine.js';
import { residentBytes } from './own-memory.js';

const MEBIBYTE = 1024 * 1024;
const CLOSE = 'Host: x\r\nConnection: close\r\n\r\n';

let rig: FaultRig;
let harness: Harness;
let port: number;
let job: Job;

beforeAll(async () => {
  rig = await FaultRig.up('docker', 'f-clients');
  harness = await rig.serve();
  port = Number(new URL(harness.running.baseUrl).port);
  ({ job } = await harness.run('echo words'));
});
afterAll(() => rig.down());

/** Of the first answer in a text of raw HTTP. */
const statusOf = (text: string): number => Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1]);

describe('a hostile body', () => {
  it('D28: is refused within a second, reaches no engine, and leaves no memory behind', async () => {
    const http = new HttpClient(port);
    const sound = await harness.job('true');
    const raw = (field: string, json: string): string =>
      JSON.stringify({ ...sound, [field]: 0 }).replace(`"${field}":0`, `"${field}":${json}`);
    const bodies: readonly (readonly [string | Buffer, readonly number[]])[] = [
      [Buffer.alloc(10 * MEBIBYTE, 0x20), [413]],
      ['['.repeat(500_000) + ']'.repeat(500_000), [400]],
      [`{${'"jid":1,'.repeat(100_000)}"jid":1}`, [400]],
      [raw('args', JSON.stringify(Array(100_000).fill('x'))), [400]],
      [raw('env', JSON.stringify([`A=${'x'.repeat(1_040_000)}`])), [400, 413]],
      [raw('cpu_limit', '1e308'), [400]],
      [raw('memory_limit', '9007199254740993'), [400]],
      [raw('cpu_limit', 'NaN'), [400]],
      [raw('args', '["\\ud800"]'), [400]],
      [raw('args', '["\\u0000"]'), [400]],
      [raw('entrypoint', '"sh"'), [400]],
      [raw('image', '["local/probe:1"]'), [400]],
      [raw('input_dir', '"../../etc"'), [400]],
      [Buffer.from(JSON.stringify(sound), 'utf16le'), [400]],
    ];
    const before = await residentBytes(harness.running.pid);
    const creates = () => rig.proxy.count('POST');
    const made = creates();
    for (let round = 0; round < 3; round += 1) {
      for (const [body, expected] of bodies) {
        const began = performance.now();
        // A client that is refused before it has sent all may find the connection closed.
        const sent = http.postText('/api/v1/', body).catch(() => ({ status: 413 }));
        expect(expected, String(body).slice(0, 80)).toContain((await sent).status);
        expect(performance.now() - began).toBeLessThan(1_000);
      }
    }
    expect(creates()).toBe(made);
    expect((await residentBytes(harness.running.pid)) - before).toBeLessThan(150 * MEBIBYTE);
    http.close();
  });

  it('D28: that is odd and legal is taken as ever', async () => {
    const odd = await harness.job('printf %s "$1"', { args: [7] });
    const text = JSON.stringify({ ...odd, number_of_workers: '1', cpu_limit: '1000', extra: {} });
    const http = new HttpClient(port);
    const polluting = `\ufeff{"__proto__":{"auid":"x"},"constructor":1,${text.slice(1)}`;
    expect((await http.postText('/api/v1/', polluting)).status).toBe(201);
    expect((await harness.finish(odd.jid))['logs']).toBe('7');
    http.close();
  });

  it('D28: that never ends is let go', async () => {
    const head = `POST /api/v1/ HTTP/1.1\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n${CLOSE}`;
    const answer = await exchange(port, [head, '1\r\n \r\n'], { wait: 15_000 });
    expect(statusOf(answer.text)).toBe(408);
    expect(answer.isClosed).toBe(true);
  });
});

describe('an odd client', () => {
  it('X2: a thousand of them that only connect hinder nobody', async () => {
    const idle = Array.from({ length: 1_000 }, () =>
      connect(port, '127.0.0.1').on('error', () => undefined),
    );
    await Promise.all(idle.map((socket) => new Promise((done) => socket.once('connect', done))));
    const { status, took } = await ask(harness, `/api/v1/${job.jid}/`);
    expect(status).toBe(200);
    expect(took).toBeLessThan(1_000);
    for (const socket of idle) socket.destroy();
  });

  it('X2: that sends its requests in one go gets its answers in order', async () => {
    const paths = ['/api/v1/', `/api/v1/${job.jid}/`, '/api/v1/nobody/', '/nothing'];
    const gets = paths.map((path) => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`).join('');
    const { text } = await exchange(port, [`${gets}GET /api/v1/ HTTP/1.1\r\n${CLOSE}`]);
    expect([...text.matchAll(/HTTP\/1\.1 (\d+) /g)].map(([, status]) => status)).toEqual([
      '200',
      '200',
      '404',
      '404',
      '200',
    ]);
  });

  it.each([
    ['HEAD', 200],
    ['OPTIONS', 405],
    ['TRACE', 405],
    ['PUT', 405],
    ['PATCH', 405],
  ])('X2: that asks by %s gets %i', async (method, expected) => {
    const path = `/api/v1/${job.jid}/`;
    const { text } = await exchange(port, [`${method} ${path} HTTP/1.1\r\n${CLOSE}`]);
    expect(statusOf(text)).toBe(expected);
    if (method === 'HEAD') expect(text).toMatch(/\r\n\r\n$/);
    if (expected === 405) expect(text).toMatch(/^allow: GET/im);
  });

  it.each([
    ['HTTP/1.0', (path: string) => `GET ${path} HTTP/1.0\r\n\r\n`],
    ['a whole URL', (path: string) => `GET http://x${path} HTTP/1.1\r\n${CLOSE}`],
    ['no slash at the end', (path: string) => `GET ${path.slice(0, -1)} HTTP/1.1\r\n${CLOSE}`],
    ['two slashes', (path: string) => `GET ${path.replace('/v1/', '/v1//')} HTTP/1.1\r\n${CLOSE}`],
    [
      'a slash in code',
      (path: string) => `GET ${path.replace('/v1/', '/v1/%2f')} HTTP/1.1\r\n${CLOSE}`,
    ],
  ])('X2: that speaks %s is answered', async (_words, request) => {
    const { text } = await exchange(port, [request(`/api/v1/${job.jid}/`)]);
    expect(statusOf(text)).toBe(200);
    expect(text).toContain(`"jid":"${job.jid}"`);
  });

  it('X2: that leaves before its answer takes its read of the log along, but not that of another', async () => {
    const live = await harness.job('echo words; exec sleep 300');
    await harness.submit(live);
    await harness.until(live.jid, ({ status }) => status === 'started');
    // The log that was just read is not read again for a moment.
    await sleep(2_000);
    const slow = rig.proxy.add({ path: /\/logs/, fault: { kind: 'hang', after: 'headers' } });
    const request = `GET /api/v1/${live.jid}/ HTTP/1.1\r\nHost: x\r\n\r\n`;
    const leaveAfter = (wait: number) => exchange(port, [request], { wait });
    const [brief, patient] = [leaveAfter(300), leaveAfter(1_500)];
    await brief;
    await sleep(500);
    expect([slow.hits, rig.proxy.open(/\/logs/)]).toEqual([1, 1]);
    await patient;
    // Well before the deadline of the read itself, which is five seconds.
    await until(() => rig.proxy.open(/\/logs/) === 0, 1_000);
    expect(slow.hits).toBe(1);
    rig.proxy.heal();
    expect((await harness.get(live.jid)).status).toBe(200);
    await harness.delete(live.jid);
  });

  it('X2: of whom many leave in one moment do not make the engine seem silent', async () => {
    const live = await harness.job('echo words; exec sleep 300');
    await harness.submit(live);
    await harness.until(live.jid, ({ status }) => status === 'started');
    rig.proxy.add({ path: /\/logs/, fault: { kind: 'hang', after: 'headers' } });
    const request = `GET /api/v1/${live.jid}/ HTTP/1.1\r\nHost: x\r\n\r\n`;
    for (let round = 0; round < 8; round += 1) {
      await exchange(port, [request], { wait: 300 });
    }
    const http = new HttpClient(port);
    expect((await http.get('/metrics')).text).toMatch(/^pman_breaker_open 0$/m);
    http.close();
    rig.proxy.heal();
    await harness.delete(live.jid);
  });
});
