import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DockerEngine } from '../../../clients/docker-engine/docker-engine.js';
import { readContainerLog } from './docker-logs.js';

const WINDOW = { lines: 100, bytes: 1_000 };

function frame(text: string): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt8(1, 0);
  header.writeUInt32BE(Buffer.byteLength(text), 4);
  return Buffer.concat([header, Buffer.from(text)]);
}

describe('the log of a container', () => {
  let folder: string;
  let server: Server;
  let asked: string[];
  let answer: (reply: ServerResponse) => void;
  let components: readonly object[];

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pman-logs-'));
    asked = [];
    components = [];
    server = createServer((request, reply) => {
      if (request.url === '/version') {
        reply.end(JSON.stringify({ Version: '4', ApiVersion: '1.41', Components: components }));
        return;
      }
      asked.push(request.url ?? '');
      answer(reply);
    });
    await new Promise<void>((resolve) => server.listen(join(folder, 's'), resolve));
  });
  afterEach(async () => {
    server.closeAllConnections();
    server.close();
    await rm(folder, { recursive: true });
  });

  const read = (): Promise<string> => {
    const engine = new DockerEngine({ kind: 'sockets', paths: [join(folder, 's')] });
    return readContainerLog(engine, 'id', WINDOW, AbortSignal.timeout(5_000));
  };

  it('is asked for with exactly the wanted number of lines', async () => {
    answer = (reply) => reply.end(frame('one\n'));
    expect(await read()).toBe('one\n');
    const query = new URL(asked[0] ?? '', 'http://engine').searchParams;
    expect(query.get('tail')).toBe('100');
  });

  it('is asked for whole of Podman, also when nothing else was asked before', async () => {
    components = [{ Name: 'Podman Engine' }];
    answer = (reply) => reply.end(frame('one\n'));
    expect(await read()).toBe('one\n');
    expect(new URL(asked[0] ?? '', 'http://engine').searchParams.get('tail')).toBe('all');
  });

  it('that ends within a frame is an error too, though nothing broke', async () => {
    answer = (reply) => reply.end(Buffer.concat([frame('one\n'), frame('two\n').subarray(0, 10)]));
    await expect(read()).rejects.toMatchObject({ name: 'EngineError', status: undefined });
  });

  it('that breaks off is an error and never half a log', async () => {
    answer = (reply) => {
      reply.writeHead(200, { 'transfer-encoding': 'chunked' });
      reply.write(frame('one\n'), () => reply.destroy());
    };
    await expect(read()).rejects.toMatchObject({ name: 'EngineError', status: undefined });
  });
});
