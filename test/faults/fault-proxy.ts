import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import * as http from 'node:http';
import * as https from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { pipeline, type Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SecureContextOptions } from 'node:tls';
import {
  ActiveRule,
  matches,
  type AddedRule,
  type Fault,
  type Rule,
  type SeenRequest,
} from './fault-rules.js';
import { damagedAnswer, eachLine, readAll, throttled, withoutConnection } from './fault-streams.js';

/** A unix socket, or a port of this host; with `tls` the proxy speaks TLS there. */
export type Endpoint =
  | { readonly socketPath: string; readonly tls?: undefined }
  | { readonly host?: string; readonly port: number; readonly tls?: SecureContextOptions };

export interface FaultProxy {
  /** The port it listens on; 0 for a unix socket. */
  readonly port: number;
  /** Everything that was asked for so far, in order. */
  readonly requests: readonly SeenRequest[];
  /** How many requests there were so far, of a kind or of all. */
  count(method?: string, path?: RegExp): number;
  add(rule: Rule): AddedRule;
  /** Removes every rule. What hangs goes on hanging. */
  heal(): void;
  /** How many requests of a kind, or of all, have not got their whole answer yet. */
  open(path?: RegExp): number;
  /** Breaks every connection there is; new ones are taken. */
  dropConnections(): void;
  /** Stops listening and breaks every connection. */
  close(): Promise<void>;
}

/** An HTTP/1.1 proxy in front of a backend that does harm as told; without rules it does none. */
export async function startFaultProxy(listen: Endpoint, backend: Endpoint): Promise<FaultProxy> {
  const requests: SeenRequest[] = [];
  let rules: readonly ActiveRule[] = [];
  const underway = new Set<SeenRequest>();
  const sockets = new Set<Socket>();
  const serve = (received: http.IncomingMessage, reply: http.ServerResponse): void => {
    const seen = { method: received.method ?? '', path: received.url ?? '' };
    requests.push(seen);
    underway.add(seen);
    reply.on('close', () => underway.delete(seen));
    const rule = rules.findLast((candidate) => candidate.takes(seen))?.rule;
    // A backend or a client that goes away ends the exchange: that is what the other side sees.
    exchange(backend, received, reply, seen, rule ?? {}).catch(() => reset(reply));
  };
  const server =
    listen.tls === undefined ? http.createServer(serve) : https.createServer(listen.tls, serve);
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => socket.destroy());
  });
  if ('socketPath' in listen) server.listen(listen.socketPath);
  else server.listen(listen.port, listen.host ?? '127.0.0.1');
  await once(server, 'listening');
  const heal = (keep: (rule: ActiveRule) => boolean): void => {
    rules = rules.filter(keep);
  };
  const dropConnections = (): void => sockets.forEach((socket) => socket.destroy());
  return {
    port: 'socketPath' in listen ? 0 : (server.address() as AddressInfo).port,
    requests,
    count: (method, path) => requests.filter((seen) => matches({ method, path }, seen)).length,
    add(rule) {
      const active = new ActiveRule(rule);
      rules = [...rules, active];
      return Object.assign(active, { remove: () => heal((other) => other !== active) });
    },
    heal: () => heal(() => false),
    open: (path) => [...underway].filter((seen) => matches({ path }, seen)).length,
    dropConnections,
    async close() {
      const closed = once(server, 'close');
      server.close();
      dropConnections();
      await closed;
      if ('socketPath' in listen) await rm(listen.socketPath, { force: true });
    },
  };
}

async function exchange(
  backend: Endpoint,
  received: http.IncomingMessage,
  reply: http.ServerResponse,
  seen: SeenRequest,
  { fault, beforeForward, beforeAnswer }: Rule,
): Promise<void> {
  await beforeForward?.(seen);
  if (fault !== undefined && standsIn(fault, received, reply)) return;
  await linger(fault, 'request');
  // A client that has left by now never sent it, as far as the backend knows.
  if (reply.destroyed) return;
  const answer = await forward(backend, received, reply);
  await beforeAnswer?.(seen);
  await linger(fault, 'answer');
  await answerWith(answer, reply, fault);
}

/** @returns whether the backend shall not hear of the request at all */
function standsIn(
  fault: Fault,
  received: http.IncomingMessage,
  reply: http.ServerResponse,
): boolean {
  switch (fault.kind) {
    case 'swallow':
      break;
    case 'refuse':
      reset(reply);
      break;
    case 'answer':
      reply.writeHead(fault.status, fault.headers).end(fault.body);
      break;
    default:
      return false;
  }
  received.resume();
  return true;
}

async function linger(fault: Fault | undefined, what: 'request' | 'answer'): Promise<void> {
  if (fault?.kind === 'delay' && fault.what === what) await sleep(fault.milliseconds);
}

async function forward(
  backend: Endpoint,
  received: http.IncomingMessage,
  reply: http.ServerResponse,
): Promise<http.IncomingMessage> {
  const { method = 'GET', url = '/', headers } = received;
  const options = { ...backend, ...backend.tls, agent: false, method, path: url, headers };
  const sent = backend.tls === undefined ? http.request(options) : https.request(options);
  reply.on('close', () => sent.destroy());
  received.pipe(sent);
  const [answer] = (await once(sent, 'response')) as [http.IncomingMessage];
  sent.on('error', () => reset(reply));
  answer.on('error', () => reset(reply));
  return answer;
}

async function answerWith(
  answer: http.IncomingMessage,
  reply: http.ServerResponse,
  fault: Fault | undefined,
): Promise<void> {
  switch (fault?.kind) {
    case 'hang':
    case 'cut':
    case 'garble':
      for await (const bytes of damagedAnswer(answer, fault)) reply.socket?.write(bytes);
      if (fault.kind === 'cut') reset(reply);
      if (fault.kind === 'garble') reply.socket?.end();
      return;
    case 'rewrite': {
      const whole = { status: answer.statusCode ?? 502, body: await readAll(answer) };
      const { status, body } = fault.change(whole);
      const type = answer.headers['content-type'] ?? 'application/json';
      reply.writeHead(status, { 'content-type': type }).end(body);
      return;
    }
    default:
      pass(answer, reply, fault);
  }
}

function pass(
  answer: http.IncomingMessage,
  reply: http.ServerResponse,
  fault: Fault | undefined,
): void {
  const { statusCode = 502, statusMessage, rawHeaders } = answer;
  reply.writeHead(statusCode, statusMessage, withoutConnection(rawHeaders));
  // The headers of an event stream must arrive before its first event does.
  reply.flushHeaders();
  // Whichever side breaks off, the other one is told.
  pipeline(through(answer, fault), reply, (error) => {
    if (error) reset(reply);
  });
}

function through(answer: http.IncomingMessage, fault: Fault | undefined): Readable {
  if (fault?.kind === 'lines') return eachLine(answer, fault.change);
  return fault?.kind === 'throttle' ? throttled(answer, fault.bytesPerSecond) : answer;
}

/** On TCP with a RST, as a crash does; a unix socket only knows the end. */
function reset({ socket }: http.ServerResponse): void {
  if (socket?.remoteAddress === undefined) socket?.destroy();
  else socket.resetAndDestroy();
}
