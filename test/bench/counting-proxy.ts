import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import { createInterface } from 'node:readline';

/** Forwards to an engine's socket and counts requests. */
export interface CountingProxy {
  /** Those that read a log. */
  readonly logCalls: () => number;
  readonly close: () => void;
}

/** @param lostEvents events that match do not get through */
export async function startCountingProxy(
  engineSocket: string,
  socketPath: string,
  lostEvents?: RegExp,
): Promise<CountingProxy> {
  let logCalls = 0;
  const forward = (received: IncomingMessage, reply: ServerResponse): void => {
    if (received.url?.includes('/logs') === true) logCalls += 1;
    const { method, url: path, headers } = received;
    const sent = request({ socketPath: engineSocket, method, path, headers }, (answer) => {
      reply.writeHead(answer.statusCode ?? 502, answer.headers);
      // An event stream's headers must arrive before its first event does.
      reply.flushHeaders();
      const loses = lostEvents !== undefined && path?.includes('/events') === true;
      // The service leaves its stream of events when it ends.
      if (loses) passLines(answer, reply, lostEvents).catch(() => reply.destroy());
      else answer.pipe(reply);
    });
    sent.on('error', () => reply.destroy());
    reply.on('close', () => sent.destroy());
    received.pipe(sent);
  };
  const server = createServer(forward);
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  return {
    logCalls: () => logCalls,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** Events come one a line. */
async function passLines(answer: IncomingMessage, reply: ServerResponse, lost: RegExp) {
  try {
    for await (const line of createInterface({ input: answer })) {
      if (!lost.test(line)) reply.write(`${line}\n`);
    }
  } finally {
    reply.end();
  }
}
