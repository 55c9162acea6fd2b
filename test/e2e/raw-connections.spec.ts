import type { Server } from 'node:http';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jobBody } from '../fakes/builders.js';
import { exchange } from './http-client.js';
import { Service } from './service.js';

const INFO = /^HTTP\/1\.1 200 OK\r\n[\s\S]*"server_version"/;
const CLOSE = 'Host: x\r\nConnection: close\r\n\r\n';

let service: Service;
let server: Server;

beforeAll(async () => {
  service = await Service.start();
  server = service.app.getHttpServer();
});

afterAll(() => service.stop());

describe('a request', () => {
  it.each([
    ['of HTTP/1.0', 'GET /api/v1/ HTTP/1.0\r\n\r\n'],
    ['in absolute form', `GET http://anybody/api/v1/ HTTP/1.1\r\n${CLOSE}`],
    ['without a Host', 'GET /api/v1/ HTTP/1.1\r\nConnection: close\r\n\r\n'],
    ['that begins with an empty line', `\r\nGET /api/v1/ HTTP/1.1\r\n${CLOSE}`],
    ['that wants another protocol', `GET /api/v1/ HTTP/1.1\r\nUpgrade: websocket\r\n${CLOSE}`],
  ])('%s is answered', async (_words, text) => {
    const answer = await exchange(service.port, [text]);
    expect(answer.text).toMatch(INFO);
    expect(answer.isClosed).toBe(true);
  });

  it('may come byte by byte', async () => {
    const answer = await exchange(service.port, `GET /api/v1/ HTTP/1.1\r\n${CLOSE}`.split(''), {
      pause: 1,
    });
    expect(answer.text).toMatch(INFO);
  });

  it('may come in a row with others, and the answers keep the order', async () => {
    const texts = [
      'GET /api/v1/ HTTP/1.1\r\nHost: x\r\n\r\n',
      'GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n',
      'DELETE /api/v1/nobody/ HTTP/1.1\r\nHost: x\r\n\r\n',
      `GET /api/v1/ HTTP/1.1\r\n${CLOSE}`,
    ];
    const { text } = await exchange(service.port, [texts.join('')]);
    expect([...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status)).toEqual([
      '200',
      '404',
      '404',
      '200',
    ]);
  });

  it('in chunks is put together', async () => {
    const json = JSON.stringify(jobBody({ jid: 'chunked' }));
    const head = `POST /api/v1/ HTTP/1.1\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n${CLOSE}`;
    const chunks = json.split('').map((character) => `1\r\n${character}\r\n`);
    const { text } = await exchange(service.port, [head, chunks.join(''), '0\r\n\r\n']);
    expect(text).toMatch(/^HTTP\/1\.1 201 /);
  });
});

describe('what is not a request', () => {
  it.each([
    ['TLS', '\x16\x03\x01\x02\x00\x01\x00'],
    ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['an unknown method', `NONSENSE / HTTP/1.1\r\n${CLOSE}`],
    ['a space in the path', `GET /api/v1/a b HTTP/1.1\r\n${CLOSE}`],
    ['a NUL in the path', `GET /api/v1/a\0b HTTP/1.1\r\n${CLOSE}`],
    ['bytes of UTF-8 in the path', `GET /api/v1/é HTTP/1.1\r\n${CLOSE}`],
    [
      'two lengths',
      `POST /api/v1/ HTTP/1.1\r\nContent-Length: 2\r\nContent-Length: 3\r\n${CLOSE}{}`,
    ],
    [
      'a length and chunks',
      `POST /api/v1/ HTTP/1.1\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n${CLOSE}0\r\n\r\n`,
    ],
    [
      'a broken chunk',
      `POST /api/v1/ HTTP/1.1\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n${CLOSE}zz\r\n`,
    ],
    ['a header that goes on in the next line', `GET /api/v1/ HTTP/1.1\r\nA: b\n\r\r\n${CLOSE}`],
  ])('%s is a 400 in JSON, and the connection is closed', async (_words, text) => {
    const calls = service.backend.callCount;
    const answer = await exchange(service.port, [text]);
    expect(answer.text).toMatch(
      /^HTTP\/1\.1 400 Bad Request\r\ncontent-type: application\/json\r\n/,
    );
    expect(answer.text).toMatch(/\r\n\r\n\{"message":"[^"]+"\}$/);
    expect(answer.isClosed).toBe(true);
    expect(service.backend.callCount).toBe(calls);
  });

  it('headers beyond 16 KiB are a 431 in JSON', async () => {
    for (const text of [`A: ${'x'.repeat(20_000)}`, 'A: x\r\n'.repeat(5_000)]) {
      const answer = await exchange(service.port, [`GET /api/v1/ HTTP/1.1\r\n${text}\r\n${CLOSE}`]);
      expect(answer.text).toMatch(
        /^HTTP\/1\.1 431 [\s\S]*\{"message":"the headers are too large"\}$/,
      );
    }
  });

  it('a tunnel is not opened', async () => {
    const answer = await exchange(service.port, [`CONNECT example.org:443 HTTP/1.1\r\n${CLOSE}`]);
    expect(answer).toMatchObject({ text: '', isClosed: true });
  });

  it('a body that ends too early reaches no backend', async () => {
    const calls = service.backend.callCount;
    const head = `POST /api/v1/ HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 500\r\n${CLOSE}`;
    const answer = await exchange(service.port, [head, JSON.stringify(jobBody()).slice(0, 99)], {
      halfClose: true,
    });
    expect(answer.isClosed).toBe(true);
    expect(answer.text).not.toMatch(/^HTTP\/1\.1 2/);
    expect(service.backend.callCount).toBe(calls);
  });
});

describe('a body beyond 1 MiB', () => {
  it.each([
    ['by its length', 'Content-Length: 2000000', 'x'.repeat(2_000_000)],
    [
      'by its chunks',
      'Transfer-Encoding: chunked',
      `1e8480\r\n${'x'.repeat(2_000_000)}\r\n0\r\n\r\n`,
    ],
  ])('%s is a 413 in JSON', async (_words, header, body) => {
    const head = `POST /api/v1/ HTTP/1.1\r\nContent-Type: application/json\r\n${header}\r\n${CLOSE}`;
    const { text } = await exchange(service.port, [head, body]);
    expect(text).toMatch(/^HTTP\/1\.1 413 [\s\S]*\{"message":"the body is larger than 1 MiB"\}/);
  });
});

describe('a client that takes its time', () => {
  it('has ten seconds for headers and body', () => {
    expect({ headers: server.headersTimeout, request: server.requestTimeout }).toEqual({
      headers: 10_000,
      request: 10_000,
    });
  });

  it.each([
    [
      'headers',
      Array.from({ length: 30 }, (_, index) =>
        index === 0 ? 'GET /api/v1/ HTTP/1.1\r\n' : `X-${index}: x\r\n`,
      ),
    ],
    ['nothing after the first line', ['GET /api/v1/ HTTP/1.1\r\n']],
    [
      'a body',
      [
        'POST /api/v1/ HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 999\r\n\r\n',
        ...'{"jid":"slow"                    '.split(''),
      ],
    ],
    [
      'chunks without an end',
      [
        'POST /api/v1/ HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n',
        ...Array.from({ length: 30 }, () => '1\r\n \r\n'),
      ],
    ],
  ])('for %s is told so after that and let go', async (_words, parts) => {
    const { headersTimeout, requestTimeout } = server;
    Object.assign(server, { headersTimeout: 800, requestTimeout: 800 });
    const calls = service.backend.callCount;
    const answer = await exchange(service.port, parts, { pause: 100, wait: 6_000 });
    Object.assign(server, { headersTimeout, requestTimeout });
    expect(answer.text).toMatch(
      /^HTTP\/1\.1 408 Request Timeout\r\n[\s\S]*"the request did not arrive in time"\}/,
    );
    expect(answer.isClosed).toBe(true);
    expect(answer.took).toBeLessThan(4_000);
    expect(service.backend.callCount).toBe(calls);
  });

  it('does not hinder others, even a thousand of them', async () => {
    const idle = Array.from({ length: 1_000 }, () =>
      connect(service.port, '127.0.0.1').on('error', () => undefined),
    );
    await Promise.all(
      idle.map((socket) => new Promise((resolve) => socket.once('connect', resolve))),
    );
    const began = performance.now();
    expect((await service.http.get('/api/v1/')).status).toBe(200);
    expect(performance.now() - began).toBeLessThan(1_000);
    for (const socket of idle) socket.destroy();
  });
});

describe('a client that leaves', () => {
  it('in the middle of an answer does no harm', async () => {
    await service.post({ jid: 'left' });
    await service.http.get('/api/v1/left/');
    service.backend.log = 'x'.repeat(1_000_000);
    for (let round = 0; round < 50; round += 1) {
      await exchange(service.port, ['GET /api/v1/left/ HTTP/1.1\r\nHost: x\r\n\r\n'], { wait: 5 });
    }
    expect((await service.http.get('/api/v1/')).status).toBe(200);
    expect(service.logLines.join('')).not.toContain('request failed');
  });
});
