import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { CromwellClient } from './cromwell-client.js';
import { CromwellError } from './cromwell-error.js';

const SECRET = 'Bearer of-nobody-elses-business';
const { signal } = new AbortController();
const WORKFLOW = { source: 'version 1.0', inputs: { a: '~{b}' }, options: {}, labels: { l: 'v' } };

interface Seen {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly authorization: string | undefined;
  readonly body: string;
}

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()));
});

/** A server that gives this answer to everything; `hang up` is none. */
async function answering(
  status: number | 'hang up',
  body: unknown = {},
  headers: Readonly<Record<string, string>> = {},
) {
  const seen: Seen[] = [];
  const server = createServer((request, response) => {
    void read(request).then((text) => {
      const { method, url } = request;
      seen.push({ method, url, authorization: request.headers.authorization, body: text });
      if (status === 'hang up') return request.socket.destroy();
      response.writeHead(status, { 'content-type': 'application/json', ...headers });
      return response.end(typeof body === 'string' ? body : JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { client: new CromwellClient({ url, authorization: SECRET }), seen, url };
}

async function read(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

const errorOf = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => undefined,
    (error: unknown) => error,
  );

describe('a workflow that is handed in', () => {
  it('has its four parts, the credentials, and the id of the answer', async () => {
    const { client, seen } = await answering(201, { id: 'the-id', status: 'Submitted' });
    expect(await client.submit(WORKFLOW, signal)).toBe('the-id');
    const [request] = seen;
    expect(request).toMatchObject({ method: 'POST', url: '/api/workflows/v1' });
    expect(request?.authorization).toBe(SECRET);
    for (const part of ['workflowSource', 'workflowInputs', 'workflowOptions', 'labels']) {
      expect(request?.body).toContain(`name="${part}"`);
    }
    expect(request?.body).toContain('{"a":"~{b}"}');
  });

  it('has failed when the answer has no id', async () => {
    const { client } = await answering(201, {});
    await expect(client.submit(WORKFLOW, signal)).rejects.toThrow(/no id/);
  });

  it('is not sent on to where another server is said to be', async () => {
    const elsewhere = await answering(201, { id: 'x' });
    const { client } = await answering(307, {}, { location: elsewhere.url });
    expect(await errorOf(client.submit(WORKFLOW, signal))).toMatchObject({ status: 307 });
    expect(elsewhere.seen).toEqual([]);
  });
});

describe('a query', () => {
  it('names labels and statuses, and has the newest submission first', async () => {
    const results = [
      { id: 'old', status: 'Running', submission: '2026-01-01T00:00:00Z' },
      { id: 'new', status: 'Running', submission: '2026-01-01T00:00:01Z' },
    ];
    const { client, seen } = await answering(200, { results, totalResultsCount: 2 });
    const found = await client.query({ 'org.x.run': 'R&=' }, ['On Hold', 'Running'], signal);
    expect(found.map(({ id }) => id)).toEqual(['new', 'old']);
    const { searchParams } = new URL(seen[0]?.url ?? '', 'http://x');
    expect(searchParams.getAll('label')).toEqual(['org.x.run:R&=']);
    expect(searchParams.getAll('status')).toEqual(['On Hold', 'Running']);
  });
});

describe('a workflow that the server does not know', () => {
  const unknown = { status: 'fail', message: 'Unrecognized workflow ID: x' };

  it('has no metadata', async () => {
    const { client } = await answering(404, unknown);
    expect(await client.metadata('x', signal)).toBeUndefined();
  });

  it.each([403, 404])('is not there to be aborted, says %i', async (status) => {
    const { client } = await answering(status, unknown);
    await expect(client.abort('x', signal)).resolves.toBeUndefined();
  });

  it.each([403, 404])('is not meant by a proxy that answers %i', async (status) => {
    const { client } = await answering(status, '<html>no upstream</html>');
    expect(await errorOf(client.metadata('x', signal))).toMatchObject({ status });
    expect(await errorOf(client.abort('x', signal))).toMatchObject({ status });
  });

  it('has an id that stays one part of the path', async () => {
    const { client, seen } = await answering(200, {});
    await client.abort('../a/b?c', signal);
    expect(seen[0]?.url).toBe('/api/workflows/v1/..%2Fa%2Fb%3Fc/abort');
  });
});

describe('a page in the place of an answer', () => {
  it('is no list of workflows and no metadata', async () => {
    const { client } = await answering(200, '<html>log in</html>');
    expect(await errorOf(client.query({}, [], signal))).toBeInstanceOf(CromwellError);
    expect(await errorOf(client.metadata('x', signal))).toBeInstanceOf(CromwellError);
  });
});

describe('an error', () => {
  it.each([
    [400, { status: 'fail', message: 'Error(s):\n  bad labels' }, 'Error(s): bad labels'],
    [415, '"The request is not multipart"', 'The request is not multipart'],
    [500, {}, 'it answered 500'],
    [502, '<html>no upstream</html>', 'it answered 502'],
  ])('of the status %i has the words of the server on one line', async (status, body, words) => {
    const { client } = await answering(status, body);
    expect(await errorOf(client.submit(WORKFLOW, signal))).toMatchObject({ status, words });
  });

  it('without an answer has no status: the server may have acted all the same', async () => {
    const { client } = await answering('hang up');
    const error = await errorOf(client.submit(WORKFLOW, signal));
    expect(error).toBeInstanceOf(CromwellError);
    expect(error).toMatchObject({ status: undefined });
  });

  it('does not carry the credentials', async () => {
    for (const status of [500, 'hang up'] as const) {
      const { client } = await answering(status);
      const error = await errorOf(client.metadata('x', signal));
      expect(error).toBeInstanceOf(CromwellError);
      expect(inspect(error, { depth: 10 })).not.toContain(SECRET);
    }
  });

  it('ends a call whose time is over', async () => {
    const { client } = await answering(200);
    await expect(client.version(AbortSignal.abort())).rejects.toBeInstanceOf(CromwellError);
  });
});
