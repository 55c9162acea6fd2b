import type Docker from 'dockerode';
import { existsSync, readFileSync } from 'node:fs';
import * as http from 'node:http';
import * as https from 'node:https';
import { join } from 'node:path';
import { inspect } from 'node:util';
import type { EngineConnection } from './engine-connection.js';
import { ConnectTimeout } from './engine-error.js';

/** A connection that nobody has used for this long is closed, in milliseconds. */
const IDLE_MS = 60_000;
/** The longest that a connection takes to be made, in milliseconds. */
const CONNECT_MS = 2_000;

/** How dockerode reaches the engine: of several sockets the first that is there now. */
export function dockerOptions(
  connection: EngineConnection,
  maxSockets: number,
): Docker.DockerOptions {
  const options = { keepAlive: true, maxSockets, timeout: IDLE_MS };
  if (connection.kind === 'sockets') {
    const agent = quiet(new http.Agent(options));
    return { socketPath: presentSocket(connection), agent } as Docker.DockerOptions;
  }
  const { host, port, tls } = connection;
  if (tls === undefined) {
    const agent = quiet(new http.Agent(options));
    return { protocol: 'http', host, port, agent } as Docker.DockerOptions;
  }
  const read = (file: string): Buffer => readFileSync(join(tls.certificateFolder, file));
  const files = { ca: read('ca.pem'), cert: read('cert.pem'), key: read('key.pem') };
  const agent = quiet(new https.Agent(options));
  return { protocol: 'https', host, port, ...files, agent } as Docker.DockerOptions;
}

/** Where an engine is looked for, in words. */
export function addressOf(connection: EngineConnection): string {
  if (connection.kind === 'sockets') return `unix://${presentSocket(connection)}`;
  const { host, port, tls } = connection;
  return `${tls === undefined ? 'tcp' : 'https'}://${host}:${port}`;
}

function presentSocket({ paths }: Extract<EngineConnection, { kind: 'sockets' }>): string {
  return paths.find((path) => existsSync(path)) ?? paths[0] ?? '';
}

/**
 * Gives up connections that are not made in time. docker-modem formats its agent on every request for a
 * debug line; this also keeps that cheap.
 */
function quiet<T extends http.Agent>(agent: T): T {
  const create = agent.createConnection.bind(agent);
  agent.createConnection = (options, callback) => {
    const socket = create(options, callback);
    const timer = setTimeout(() => socket?.destroy(new ConnectTimeout()), CONNECT_MS);
    const done = (): void => clearTimeout(timer);
    socket?.once('connect', done).once('close', done);
    return socket;
  };
  return Object.assign(agent, { [inspect.custom]: () => 'Agent' });
}
