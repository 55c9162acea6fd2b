import { Agent, request, type IncomingHttpHeaders } from 'node:http';
import { connect } from 'node:net';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** The body as JSON; `undefined` where there is none, or a text is said to be no JSON. */
  readonly body: unknown;
}

export interface Call {
  readonly method?: string;
  /** Sent as it is. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

const JSON_TYPE = { 'content-type': 'application/json' };

/** A client that normalises nothing. */
export class HttpClient {
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 32 });

  constructor(readonly port: number) {}

  get(path: string): Promise<Answer> {
    return this.send({ path });
  }

  delete(path: string): Promise<Answer> {
    return this.send({ method: 'DELETE', path });
  }

  postJson(path: string, body: unknown): Promise<Answer> {
    return this.send({ method: 'POST', path, headers: JSON_TYPE, body: JSON.stringify(body) });
  }

  postText(path: string, body: string | Buffer): Promise<Answer> {
    return this.send({ method: 'POST', path, headers: JSON_TYPE, body });
  }

  send({ method = 'GET', path, headers = {}, body }: Call): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const { agent, port } = this;
      const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) };
      const options = {
        host: '127.0.0.1',
        port,
        agent,
        method,
        path,
        headers: { ...length, ...headers },
      };
      const call = request(options, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8');
          const status = response.statusCode ?? 0;
          resolve({ status, headers: response.headers, text, body: parse(response.headers, text) });
        });
      });
      call.on('error', reject);
      call.end(body);
    });
  }

  close(): void {
    this.agent.destroy();
  }
}

function parse(headers: IncomingHttpHeaders, text: string): unknown {
  const isPlain = headers['content-type']?.startsWith('text/plain') ?? false;
  return text === '' || isPlain ? undefined : JSON.parse(text);
}

export interface Exchange {
  readonly text: string;
  /** Milliseconds until the connection was closed, or until the wait was over. */
  readonly took: number;
  readonly isClosed: boolean;
}

/** Sends bytes over a connection of its own and collects all that comes back until it is closed. */
export function exchange(
  port: number,
  parts: readonly (string | Buffer)[],
  { wait = 3_000, pause = 0, halfClose = false } = {},
): Promise<Exchange> {
  return new Promise((resolve) => {
    const began = performance.now();
    const chunks: Buffer[] = [];
    const socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true });
    const end = (isClosed: boolean): void => {
      clearTimeout(timer);
      socket.destroy();
      const text = Buffer.concat(chunks).toString('utf8');
      resolve({ text, took: performance.now() - began, isClosed });
    };
    const timer = setTimeout(() => end(false), wait);
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.on('error', () => end(true));
    socket.on('end', () => end(true));
    void sendParts();

    async function sendParts(): Promise<void> {
      for (const part of parts) {
        if (socket.destroyed) return;
        socket.write(part);
        if (pause > 0) await new Promise((next) => setTimeout(next, pause));
      }
      if (halfClose) socket.end();
    }
  });
}
