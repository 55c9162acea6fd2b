import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';

/** Forwards to an engine's socket and counts requests. */
export interface CountingProxy {
  /** Those that read a log. */
  readonly logCalls: () => number;
  readonly close: () => void;
}

export async function startCountingProxy(
  engineSocket: string,
  socketPath: string,
): Promise<CountingProxy> {
  let logCalls = 0;
  const forward = (received: IncomingMessage, reply: ServerResponse): void => {
    if (received.url?.includes('/logs') === true) logCalls += 1;
    const { method, url: path, headers } = received;
    const sent = request({ socketPath: engineSocket, method, path, headers }, (answer) => {
      reply.writeHead(answer.statusCode ?? 502, answer.headers);
      // An event stream's headers must arrive before its first event does.
      reply.flushHeaders();
      answer.pipe(reply);
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
