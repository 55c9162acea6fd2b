import { Agent, request } from 'node:http';

/** Where requests go: a Unix socket or a TCP port of this machine. */
export type Endpoint =
  { readonly socketPath: string } | { readonly host: string; readonly port: number };

export interface Answer {
  readonly status: number;
  readonly body: string;
}

/** The one client of the bench, the same on both sides: keep-alive, nothing parsed. */
export class HttpClient {
  private readonly agent: Agent;

  private readonly endpoint: Endpoint;

  constructor(endpoint: Endpoint, keepAlive = true) {
    this.endpoint = endpoint;
    this.agent = new Agent({ keepAlive, maxSockets: 64 });
  }

  send(method: string, path: string, body?: unknown): Promise<Answer> {
    const payload = body === undefined ? undefined : JSON.stringify(body);
    const headers =
      payload === undefined
        ? {}
        : {
            'content-type': 'application/json',
            'content-length': Buffer.byteLength(payload),
          };
    return new Promise((resolve, reject) => {
      const sent = request(
        { ...this.endpoint, agent: this.agent, method, path, headers },
        (answer) => {
          const chunks: Buffer[] = [];
          answer.on('data', (chunk: Buffer) => chunks.push(chunk));
          answer.on('end', () => {
            resolve({ status: answer.statusCode ?? 0, body: Buffer.concat(chunks).toString() });
          });
          answer.on('error', reject);
        },
      );
      sent.on('error', reject);
      sent.end(payload);
    });
  }

  close(): void {
    this.agent.destroy();
  }
}
