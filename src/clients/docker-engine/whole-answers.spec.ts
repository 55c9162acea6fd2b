import { mkdtemp, rm } from 'node:fs/promises';
import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DockerEngine } from './docker-engine.js';

type Answer = (reply: ServerResponse) => void;

const WHOLE: Answer = (reply) => reply.end('{"Id":"whole"}');
const CUT: Answer = (reply) => {
  reply.writeHead(200, { 'content-length': 100 }).write('{"Id":"cu');
  reply.socket?.end();
};
const HALF: Answer = (reply) => reply.end('{"Id":"ha');

let folder: string;
let server: Server;
/** What is answered to the next requests; the last one to all further ones. */
let answers: Answer[];
let asked: string[];
let engine: DockerEngine;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pman-engine-'));
  asked = [];
  server = createServer((received, reply) => {
    asked.push(`${received.method} ${received.url}`);
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    answer?.(reply);
  });
  server.listen(join(folder, 'engine.sock'));
  await once(server, 'listening');
  engine = new DockerEngine({ kind: 'sockets', paths: [join(folder, 'engine.sock')] });
});

afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await rm(folder, { recursive: true });
});

const signal = new AbortController().signal;

describe('a question whose answer breaks off', () => {
  it.each([
    ['in the middle of its body', CUT],
    ['within its document', HALF],
  ])('%s is asked once more', async (_words, broken) => {
    answers = [broken, WHOLE];
    expect(await engine.findContainer('x', signal)).toEqual({ Id: 'whole' });
    expect(asked).toEqual(['GET /containers/x/json', 'GET /containers/x/json']);
  });

  it('and breaks off again is an error', async () => {
    answers = [CUT];
    await expect(engine.findContainer('x', signal)).rejects.toMatchObject({ isBroken: true });
    expect(asked).toHaveLength(2);
  });
});

describe('a change whose answer breaks off', () => {
  it.each([CUT, HALF])('is not made again', async (broken) => {
    answers = [broken];
    const created = engine.createContainer({ Image: 'x' }, signal);
    await expect(created).rejects.toMatchObject({ isBroken: true });
    expect(asked).toEqual(['POST /containers/create?Image=x']);
  });
});

describe('the removal of what does not run', () => {
  it.each([
    [404, 'No such container: x'],
    [409, 'You cannot remove a running container x. Stop the container before attempting removal'],
    [
      500,
      'cannot remove container x as it is running - running or paused containers cannot be removed without force: container state improper',
    ],
  ])('leaves everything else alone: %i', async (status, message) => {
    answers = [(reply) => reply.writeHead(status).end(JSON.stringify({ message }))];
    await expect(engine.removeUnstarted('x', signal)).resolves.toBeUndefined();
    expect(asked).toEqual(['DELETE /containers/x?v=true']);
  });

  it('that fails is an error', async () => {
    answers = [(reply) => reply.writeHead(500).end('{"message":"broken"}')];
    await expect(engine.removeUnstarted('x', signal)).rejects.toMatchObject({ status: 500 });
  });
});

describe('an answer', () => {
  it('may be empty', async () => {
    answers = [(reply) => reply.writeHead(204).end()];
    await expect(engine.startContainer('x', signal)).resolves.toBeUndefined();
  });

  it.each([404, 409, 500])('of status %i keeps the words of the engine', async (status) => {
    answers = [(reply) => reply.writeHead(status).end('{"message":"some words: and more"}')];
    const created = engine.createContainer({ Image: 'x' }, signal);
    await expect(created).rejects.toMatchObject({ status, words: 'some words: and more' });
  });
});
