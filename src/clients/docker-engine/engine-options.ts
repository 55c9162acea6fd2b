import type Docker from 'dockerode';
import { existsSync, readFileSync } from 'node:fs';
import { Agent } from 'node:http';
import { join } from 'node:path';
import { inspect } from 'node:util';
import type { EngineConnection } from './engine-connection.js';

/** A connection that nobody has used for this long is closed, in milliseconds. */
const IDLE_MS = 60_000;

/** How dockerode reaches the engine: of several sockets the first that is there now. */
export function dockerOptions(
  connection: EngineConnection,
  maxSockets: number,
): Docker.DockerOptions {
  const agent = pool(maxSockets);
  if (connection.kind === 'sockets') {
    const [first] = connection.paths;
    const socketPath = connection.paths.find((path) => existsSync(path)) ?? first ?? '';
    return { socketPath, agent } as Docker.DockerOptions;
  }
  const { host, port, tls } = connection;
  if (tls === undefined) return { protocol: 'http', host, port, agent } as Docker.DockerOptions;
  const read = (file: string): Buffer => readFileSync(join(tls.certificateFolder, file));
  const files = { ca: read('ca.pem'), cert: read('cert.pem'), key: read('key.pem') };
  return { protocol: 'https', host, port, ...files };
}

/** docker-modem formats its agent on every request for a debug line; this keeps that cheap. */
function pool(maxSockets: number): Agent {
  const agent = new Agent({ keepAlive: true, maxSockets, timeout: IDLE_MS });
  return Object.assign(agent, { [inspect.custom]: () => 'Agent' });
}
