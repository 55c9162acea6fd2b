import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import { ErrorFilter } from './http/error.filter.js';
import { closeIdleConnectionsAtEnd } from './http/idle-connections.js';
import { acceptOnlyJson } from './http/json-body.js';
import { serveOpenApi } from './http/openapi.js';
import { RequestTimes } from './metrics/request-times.js';
import type { EventLog } from './shared/event-log.js';

const REQUEST_TIMEOUT_MS = 10_000;
const KEEP_ALIVE_MS = 30_000;
const MAX_HEADER_BYTES = 16 * 1024;
const MAX_PATH_PARAMETER = 512;

/** The HTTP server with its limits; what `main.ts` and the tests share. */
export function createHttpAdapter(): FastifyAdapter {
  return new FastifyAdapter({
    logger: false,
    genReqId: () => randomUUID(),
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    http: {
      maxHeaderSize: MAX_HEADER_BYTES,
      requireHostHeader: false,
      headersTimeout: REQUEST_TIMEOUT_MS,
      connectionsCheckingInterval: 1_000,
    },
    routerOptions: {
      ignoreTrailingSlash: true,
      // Clients join base and jid by hand, and a jid may begin with a slash.
      ignoreDuplicateSlashes: true,
      maxParamLength: MAX_PATH_PARAMETER,
    },
    frameworkErrors: answerBadUrl,
    clientErrorHandler: answerUnparsableRequest,
  });
}

/** Nest's own body parsers must stay off: `NestFactory.create(..., { bodyParser: false })`. */
export function setUpApp(app: NestFastifyApplication, log: EventLog): void {
  const fastify = app.getHttpAdapter().getInstance();
  const errors = new ErrorFilter(log);
  acceptOnlyJson(fastify);
  app.useGlobalFilters(errors);
  closeIdleConnectionsAtEnd(fastify);
  app.get(RequestTimes).follow(fastify);
  // As the first process of a container it could not end itself by the signal that it was sent.
  app.enableShutdownHooks([], { useProcessExit: true });
  serveOpenApi(app);
}

/** A URL that cannot be decoded; it reaches no route. */
function answerBadUrl(error: FastifyError, _request: FastifyRequest, reply: FastifyReply): void {
  const status = error.statusCode ?? 400;
  const message = status === 414 ? 'the path is too long' : 'the path is malformed';
  void reply.status(status).send({ message });
}

const UNPARSABLE: Readonly<Record<string, readonly [number, string, string]>> = {
  HPE_HEADER_OVERFLOW: [431, 'Request Header Fields Too Large', 'the headers are too large'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'Request Timeout', 'the request did not arrive in time'],
};

/** Answers what is not HTTP at all; there is no request object yet. */
function answerUnparsableRequest(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const [status, phrase, message] = UNPARSABLE[error.code ?? ''] ?? [
    400,
    'Bad Request',
    'this is not HTTP',
  ];
  const body = JSON.stringify({ message });
  socket.end(
    `HTTP/1.1 ${status} ${phrase}\r\ncontent-type: application/json\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
}
