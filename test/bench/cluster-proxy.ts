import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Agent, request } from 'node:https';

/** Forwards to an API server and counts what is asked. */
export interface ClusterProxy {
  readonly port: number;
  /** Requests by kind: `list`, `watch`, `get`, `create`, and other methods by their name. */
  readonly calls: () => Readonly<Record<string, number>>;
  /** Bytes of the answers to lists. */
  readonly listBytes: () => number;
  readonly close: () => void;
}

/** @param kubeconfig of the test cluster, whose certificates are within it */
export async function startClusterProxy(kubeconfig: string): Promise<ClusterProxy> {
  const text = readFileSync(kubeconfig, 'utf8');
  const value = (key: string): string => new RegExp(`${key}: "?([^",}\\s]+)`).exec(text)?.[1] ?? '';
  const decoded = (key: string): Buffer => Buffer.from(value(key), 'base64');
  const agent = new Agent({
    keepAlive: true,
    ca: decoded('certificate-authority-data'),
    cert: decoded('client-certificate-data'),
    key: decoded('client-key-data'),
  });
  const calls: Record<string, number> = {};
  let listBytes = 0;
  const server = createServer((received: IncomingMessage, reply: ServerResponse) => {
    const { method = '', url = '/', headers } = received;
    const kind = kindOf(method, url);
    calls[kind] = (calls[kind] ?? 0) + 1;
    const target = new URL(url, value('server'));
    const sent = request(target, { agent, method, headers }, (answer) => {
      reply.writeHead(answer.statusCode ?? 502, answer.headers);
      reply.flushHeaders();
      if (kind === 'list') answer.on('data', (chunk: Buffer) => (listBytes += chunk.length));
      answer.pipe(reply);
    });
    sent.on('error', () => reply.destroy());
    reply.on('close', () => sent.destroy());
    received.pipe(sent);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    calls: () => ({ ...calls }),
    listBytes: () => listBytes,
    close: () => {
      server.close();
      server.closeAllConnections();
      agent.destroy();
    },
  };
}

function kindOf(method: string, url: string): string {
  if (method === 'POST') return url.includes('selfsubject') ? 'review' : 'create';
  if (method !== 'GET') return method.toLowerCase();
  if (url.includes('watch=true')) return 'watch';
  if (url.includes('job-name')) return 'pods of a job';
  return url.includes('labelSelector') ? 'list' : 'get';
}
