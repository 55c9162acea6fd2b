import { createServer, type Server } from 'node:http';

const OWN = 'org.chrisproject.pman.';
const STARTED = '2026-01-02T03:04:05.678901234Z';

/** As much of Docker's API as a service asks for that only follows jobs; all of them run for ever. */
export async function startModelEngine(socketPath: string, jobs: number): Promise<Server> {
  const ids = new Map(Array.from({ length: jobs }, (_, index) => [`model-${index}`, idOf(index)]));
  const list = JSON.stringify([...ids].map(([name, id]) => summary(name, id)));
  const answers: readonly (readonly [RegExp, (match: RegExpExecArray) => string | undefined])[] = [
    [
      /\/version/,
      () => JSON.stringify({ Version: '20.10.24', ApiVersion: '1.41', Components: [] }),
    ],
    [/\/containers\/json/, () => list],
    [/\/volumes\?/, () => '{"Volumes":null,"Warnings":null}'],
    [/\/containers\/([^/]+)\/json/, ([, name = '']) => inspected(name, ids.get(name))],
    [/\/containers\/[^/]+\/logs/, () => ''],
  ];
  const server = createServer((request, reply) => {
    const url = request.url ?? '';
    if (url.includes('/events')) {
      reply.flushHeaders();
      return;
    }
    for (const [path, answer] of answers) {
      const match = path.exec(url);
      if (match === null) continue;
      const body = answer(match);
      if (body !== undefined)
        return void reply.setHeader('content-type', 'application/json').end(body);
    }
    reply.writeHead(404).end('{"message":"no such thing"}');
  });
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  return server;
}

const idOf = (index: number): string => index.toString(16).padStart(64, '0');

function labels(name: string): Record<string, string> {
  return {
    [`${OWN}managed-by`]: 'pman',
    [`${OWN}jid`]: name,
    [`${OWN}spec-hash`]: 'hash',
    [`${OWN}image`]: 'local/probe:1',
    [`${OWN}worker`]: '0',
    [`${OWN}workers`]: '1',
  };
}

function summary(name: string, id: string): unknown {
  return { Id: id, Names: [`/${name}`], State: 'running', Labels: labels(name) };
}

function inspected(name: string, id: string | undefined): string | undefined {
  if (id === undefined) return undefined;
  const state = {
    Status: 'running',
    Running: true,
    ExitCode: 0,
    StartedAt: STARTED,
    FinishedAt: '',
  };
  return JSON.stringify({
    Id: id,
    Name: `/${name}`,
    State: state,
    Config: { Labels: labels(name), Image: 'local/probe:1', Cmd: ['sleep', '60'] },
    HostConfig: { Memory: 0 },
  });
}
