import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { DockerEngine } from './docker-engine.js';

const signal = new AbortController().signal;
const ends: (() => void)[] = [];
afterEach(() => ends.splice(0).forEach((end) => end()));

/** An engine that answers as told. */
async function engineThat(answer: (path: string, reply: ServerResponse) => void) {
  const server: Server = createServer(({ url = '' }, reply) => answer(url, reply));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  ends.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return new DockerEngine({ kind: 'tcp', host: '127.0.0.1', port, tls: undefined });
}

describe('an engine', () => {
  it.each([
    ['with a success', 200, '[]'],
    ['with an error', 500, '{"message":"broken"}'],
  ])('has answered as soon as any call is answered %s', async (_words, status, body) => {
    const engine = await engineThat((_path, reply) => reply.writeHead(status).end(body));
    expect(engine.hasAnswered).toBe(false);
    await engine.listContainers({}, ({ Id }) => Id, signal).catch(() => undefined);
    expect(engine.hasAnswered).toBe(true);
  });

  it('that nobody can reach has not answered', async () => {
    const engine = new DockerEngine({ kind: 'sockets', paths: ['/nowhere/engine.sock'] });
    await engine.listContainers({}, ({ Id }) => Id, signal).catch(() => undefined);
    expect(engine.hasAnswered).toBe(false);
  });

  it('starts a job however many removals it is busy with', async () => {
    const engine = await engineThat((path, reply) => {
      if (path.endsWith('/start')) reply.writeHead(204).end();
    });
    const removals = Array.from({ length: 40 }, (_, index) =>
      engine.removeContainer(`c${index}`, signal),
    );
    await expect(engine.startContainer('x', signal)).resolves.toBeUndefined();
    ends.splice(0).forEach((end) => end());
    await Promise.allSettled(removals);
  });

  it('that does not begin with a log is given up after two seconds', async () => {
    const engine = await engineThat(() => {});
    const began = performance.now();
    await expect(engine.readLogs('x', 10, signal)).rejects.toMatchObject({ status: undefined });
    expect(performance.now() - began).toBeLessThan(3_500);
  });

  it('may take longer for the whole of a log', async () => {
    const engine = await engineThat((_path, reply) => {
      reply.writeHead(200).flushHeaders();
      setTimeout(() => reply.end('end'), 2_500);
    });
    const chunks: unknown[] = [];
    for await (const chunk of await engine.readLogs('x', 10, signal)) chunks.push(String(chunk));
    expect(chunks).toEqual(['end']);
  });

  it('that takes no connection is given up after two seconds, and has certainly not acted', async () => {
    // Its queue of connections is full: the next one is neither taken nor refused.
    const script = `require('net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, function () {
      require('fs').writeSync(1, String(this.address().port));
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
    })`;
    const child = spawn(process.execPath, ['-e', script]);
    const [port] = (await once(child.stdout, 'data')).map(Number);
    const waiting = Array.from({ length: 8 }, () =>
      connect(port ?? 0, '127.0.0.1').on('error', () => undefined),
    );
    ends.push(
      () => child.kill('SIGKILL'),
      () => waiting.forEach((socket) => socket.destroy()),
    );
    const engine = new DockerEngine({
      kind: 'tcp',
      host: '127.0.0.1',
      port: port ?? 0,
      tls: undefined,
    });
    const began = performance.now();
    await expect(engine.findContainer('x', signal)).rejects.toMatchObject({
      status: undefined,
      mayHaveActed: false,
    });
    expect(performance.now() - began).toBeGreaterThan(1_500);
    expect(performance.now() - began).toBeLessThan(4_000);
  });
});
