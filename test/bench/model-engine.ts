import { rm } from 'node:fs/promises';
import { createServer } from 'node:http';

const OWN = 'org.chrisproject.pman.';
const LOG_LINES = 1_000;
const STARTED = '2026-01-02T03:04:05.678901234Z';
const ENDED = '2026-01-02T03:05:05.678901234Z';

export interface ModelEngine {
  /** Requests so far but those that read a log. */
  calls(): number;
  close(): Promise<void>;
}

export interface Population {
  readonly jobs: number;
  /** The first so many still run, for ever; the others have ended. */
  readonly running: number;
  /** The first so many have a log, of 1,000 lines. */
  readonly withLog?: number;
}

/** As much of Docker's API as a service asks for that only follows jobs. */
export async function startModelEngine(
  socketPath: string,
  { jobs, running, withLog = 0 }: Population,
): Promise<ModelEngine> {
  const isRunning = (name: string): boolean => indexOf(name) < running;
  const names = Array.from({ length: jobs }, (_, index) => `model-${index}`);
  const list = JSON.stringify(names.map((name) => summary(name, isRunning(name))));
  let calls = 0;
  const answers: readonly (readonly [
    RegExp,
    (match: RegExpExecArray) => string | Buffer | undefined,
  ])[] = [
    [
      /\/version/,
      () => JSON.stringify({ Version: '20.10.24', ApiVersion: '1.41', Components: [] }),
    ],
    [/\/containers\/json/, () => list],
    [/\/volumes\?/, () => '{"Volumes":null,"Warnings":null}'],
    [
      /\/containers\/([^/]+)\/json/,
      ([, name = '']) => (indexOf(name) < jobs ? inspected(name, isRunning(name)) : undefined),
    ],
    [/\/containers\/([^/]+)\/logs/, ([, name = '']) => (indexOf(name) < withLog ? LOG : '')],
  ];
  const server = createServer((request, reply) => {
    const url = request.url ?? '';
    if (!url.includes('/logs')) calls += 1;
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
  return {
    calls: () => calls,
    close: async () => {
      server.close();
      server.closeAllConnections();
      await rm(socketPath, { force: true });
    },
  };
}

/** By its name or by its id. */
function indexOf(name: string): number {
  return name.startsWith('model-')
    ? Number(name.slice('model-'.length))
    : Number.parseInt(name, 16);
}

const idOf = (name: string): string => indexOf(name).toString(16).padStart(64, '0');

/** As the engine frames what was written to standard output. */
function framed(line: string): Buffer {
  const header = Buffer.from([1, 0, 0, 0, 0, 0, 0, 0]);
  header.writeUInt32BE(Buffer.byteLength(line), 4);
  return Buffer.concat([header, Buffer.from(line)]);
}

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

const stateOf = (isRunning: boolean): string => (isRunning ? 'running' : 'exited');

function summary(name: string, isRunning: boolean): unknown {
  const state = stateOf(isRunning);
  return { Id: idOf(name), Names: [`/${name}`], State: state, Labels: labels(name) };
}

function inspected(name: string, isRunning: boolean): string {
  const state = {
    Status: stateOf(isRunning),
    Running: isRunning,
    ExitCode: 0,
    StartedAt: STARTED,
    FinishedAt: isRunning ? '0001-01-01T00:00:00Z' : ENDED,
  };
  return JSON.stringify({
    Id: idOf(name),
    Name: `/${name}`,
    State: state,
    Config: { Labels: labels(name), Image: 'local/probe:1', Cmd: ['sleep', '60'] },
    HostConfig: { Memory: 0 },
  });
}

const LOG = Buffer.concat(
  Array.from({ length: LOG_LINES }, (_, index) => framed(`${index} ${'a'.repeat(76)}\n`)),
);
