import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { OWN_LABELS } from '../../src/scheduling/domain/own-labels.js';

/** An engine that has nothing but jobs which wait to be started, and counts what it is asked. */
export interface ManyJobs {
  readonly jids: readonly string[];
  /** How often a single container was asked for. */
  readonly lookUps: () => number;
  close(): void;
}

export async function serveManyJobs(count: number, socketPath: string): Promise<ManyJobs> {
  const jids = Array.from({ length: count }, (_, index) => `chris-jid-${index}`);
  const list = JSON.stringify(jids.map(listed));
  const known = new Set(jids);
  let lookUps = 0;
  const answer = (reply: ServerResponse, status: number, body: string): void => {
    reply.writeHead(status, { 'content-type': 'application/json' }).end(body);
  };
  const server = createServer(({ url = '' }, reply) => {
    const [path = ''] = url.split('?');
    const jid = /^\/containers\/([^/]+)\/json$/.exec(path)?.[1];
    if (path === '/version') answer(reply, 200, '{"Version":"20.10","ApiVersion":"1.41"}');
    else if (path === '/containers/json') answer(reply, 200, list);
    else if (path === '/volumes') answer(reply, 200, '{"Volumes":null}');
    else if (path === '/events') reply.writeHead(200).flushHeaders();
    else if (jid !== undefined && known.has(jid)) {
      lookUps += 1;
      answer(reply, 200, JSON.stringify(inspected(jid)));
    } else answer(reply, 404, '{"message":"not found"}');
  });
  server.listen(socketPath);
  await once(server, 'listening');
  return {
    jids,
    lookUps: () => lookUps,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

const labelsOf = (jid: string) => ({
  [OWN_LABELS.managedBy]: 'pman',
  [OWN_LABELS.jid]: jid,
  [OWN_LABELS.worker]: '0',
  [OWN_LABELS.workers]: '1',
  [OWN_LABELS.specHash]: 'abc',
  [OWN_LABELS.image]: 'local/probe:1',
});

const listed = (jid: string) => ({
  Id: `id-${jid}`,
  Names: [`/${jid}`],
  Labels: labelsOf(jid),
  State: 'running',
});

function inspected(jid: string) {
  const times = { StartedAt: '2026-01-02T03:04:05Z', FinishedAt: '0001-01-01T00:00:00Z' };
  return {
    Id: `id-${jid}`,
    Name: `/${jid}`,
    State: { Status: 'running', Running: true, ExitCode: 0, Error: '', ...times },
    Config: { Labels: labelsOf(jid), Cmd: ['true'], Entrypoint: null, Image: 'local/probe:1' },
    HostConfig: { Memory: 0 },
  };
}
