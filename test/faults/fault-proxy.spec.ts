import { createServer, request, type Server } from 'node:http';
import { mkdtemp, rm } from 'node:fs/promises';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startFaultProxy, type FaultProxy } from './fault-proxy.js';
import type { Fault } from './fault-rules.js';
import { reorderLines } from './fault-streams.js';

interface Received {
  readonly status: number;
  readonly text: string;
  /** Absent when the answer arrived whole. */
  readonly error?: string;
}

const LINES = ['one', 'two', 'three', 'four'];

let folder: string;
let backend: Server;
let proxy: FaultProxy;
/** What has reached the backend. */
let reached: string[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pman-proxy-'));
  reached = [];
  backend = createServer((received, reply) => {
    let body = '';
    received.on('data', (chunk) => (body += String(chunk)));
    received.on('end', () => {
      reached.push(`${received.method} ${received.url} ${body}`);
      if (received.url === '/lines') for (const line of LINES) reply.write(`${line}\n`);
      else reply.writeHead(200, { 'content-length': 5 }).write('hello');
      reply.end();
    });
  });
  backend.listen(join(folder, 'backend.sock'));
  await once(backend, 'listening');
  proxy = await startFaultProxy(
    { socketPath: join(folder, 'proxy.sock') },
    { socketPath: join(folder, 'backend.sock') },
  );
});

afterEach(async () => {
  await proxy.close();
  backend.closeAllConnections();
  backend.close();
  await rm(folder, { recursive: true });
});

/** What a client has got when the answer was over, or after `wait` milliseconds. */
function ask(method: string, path: string, wait = 5_000): Promise<Received> {
  return new Promise((resolve) => {
    const got = { status: 0, text: '' };
    const end = (error?: string) => resolve({ ...got, ...(error !== undefined && { error }) });
    const call = request({ socketPath: join(folder, 'proxy.sock'), method, path }, (answer) => {
      got.status = answer.statusCode ?? 0;
      answer.setEncoding('utf8').on('data', (chunk: string) => (got.text += chunk));
      answer.on('end', () => end()).on('error', (error) => end(error.message));
    });
    call.on('error', (error) => end(error.message));
    call.setTimeout(wait, () => call.destroy(new Error('silence')));
    call.end(method === 'POST' ? 'body' : undefined);
  });
}

async function askWith(fault: Fault, path = '/', wait?: number): Promise<Received> {
  proxy.add({ fault });
  return ask('GET', path, wait);
}

describe('a fault proxy without rules', () => {
  it('forwards requests and answers as they are, and counts them', async () => {
    expect(await ask('POST', '/x?y=1')).toEqual({ status: 200, text: 'hello' });
    expect(await ask('GET', '/lines')).toEqual({ status: 200, text: `${LINES.join('\n')}\n` });
    expect(reached).toEqual(['POST /x?y=1 body', 'GET /lines ']);
    expect([proxy.count(), proxy.count('POST'), proxy.count('GET', /x/)]).toEqual([2, 1, 0]);
  });
});

describe('a rule', () => {
  it('applies to the method and path that it names, so many times, until it is removed', async () => {
    const rule = proxy.add({
      method: 'POST',
      path: /^\/x/,
      times: 2,
      fault: { kind: 'answer', status: 418, body: '{}' },
    });
    expect((await ask('GET', '/x')).status).toBe(200);
    expect((await ask('POST', '/y')).status).toBe(200);
    expect((await ask('POST', '/x')).status).toBe(418);
    expect((await ask('POST', '/x')).status).toBe(418);
    expect((await ask('POST', '/x')).status).toBe(200);
    expect(rule.hits).toBe(2);
    expect(await rule.hit).toEqual({ method: 'POST', path: '/x' });
    expect(reached).toHaveLength(3);
  });

  it('added later comes first', async () => {
    proxy.add({ fault: { kind: 'answer', status: 500, body: '' } });
    const later = proxy.add({ fault: { kind: 'answer', status: 503, body: '' } });
    expect((await ask('GET', '/')).status).toBe(503);
    later.remove();
    expect((await ask('GET', '/')).status).toBe(500);
    proxy.heal();
    expect((await ask('GET', '/')).status).toBe(200);
  });

  it('stops at its breakpoints, before the backend hears and before the client does', async () => {
    const stops: string[] = [];
    proxy.add({
      beforeForward: async () => void stops.push(`forward ${reached.length}`),
      beforeAnswer: async () => void stops.push(`answer ${reached.length}`),
    });
    await ask('GET', '/');
    expect(stops).toEqual(['forward 0', 'answer 1']);
  });
});

describe('a fault', () => {
  it('swallows the request', async () => {
    expect(await askWith({ kind: 'swallow' }, '/', 100)).toMatchObject({ error: 'silence' });
    expect(reached).toEqual([]);
    await expect.poll(() => proxy.open()).toBe(0);
  });

  it('refuses the request', async () => {
    expect(await askWith({ kind: 'refuse' })).toMatchObject({ status: 0, error: 'socket hang up' });
    expect(reached).toEqual([]);
  });

  it('loses the answer of a request that has reached the backend', async () => {
    expect(await askWith({ kind: 'cut', after: 0 })).toMatchObject({ error: 'socket hang up' });
    expect(reached).toEqual(['GET / ']);
  });

  it.each([
    { after: 'headers' as const, text: '' },
    { after: 'HTTP/1.1 200 OK\r\n'.length, text: '' },
  ])('cuts the answer after $after', async ({ after, text }) => {
    expect(await askWith({ kind: 'cut', after })).toMatchObject({
      text,
      error: expect.stringMatching(/hang up|aborted/),
    });
  });

  it('hangs after the headers', async () => {
    const got = await askWith({ kind: 'hang', after: 'headers' }, '/', 100);
    expect(got).toMatchObject({ status: 200, text: '', error: 'silence' });
  });

  it('garbles the chunk sizes', async () => {
    const change = (bytes: string) => bytes.replace('\r\n\r\n', '\r\n\r\nxyz');
    const got = await askWith({ kind: 'garble', change }, '/lines');
    expect(got.error).toMatch(/Parse Error/);
  });

  it.each(['request', 'answer'] as const)('delays the %s', async (what) => {
    const began = performance.now();
    expect(await askWith({ kind: 'delay', what, milliseconds: 100 })).toMatchObject({
      text: 'hello',
    });
    expect(performance.now() - began).toBeGreaterThan(90);
  });

  it('throttles the answer', async () => {
    const began = performance.now();
    const got = await askWith({ kind: 'throttle', bytesPerSecond: 20 });
    expect(got).toEqual({ status: 200, text: 'hello' });
    expect(performance.now() - began).toBeGreaterThan(200);
  });

  it('rewrites status and body', async () => {
    const got = await askWith({
      kind: 'rewrite',
      change: ({ status, body }) => ({ status: status + 1, body: body.toUpperCase() }),
    });
    expect(got).toEqual({ status: 201, text: 'HELLO' });
  });

  it.each([
    ['drops', (line: string) => (line === 'two' ? [] : [line]), 'one\nthree\nfour\n'],
    [
      'duplicates',
      (line: string) => (line === 'two' ? [line, line] : [line]),
      'one\ntwo\ntwo\nthree\nfour\n',
    ],
    ['reorders', reorderLines(/two/), 'one\nthree\ntwo\nfour\n'],
  ])('%s lines of a stream', async (_does, change, text) => {
    expect(await askWith({ kind: 'lines', change }, '/lines')).toEqual({ status: 200, text });
  });
});
