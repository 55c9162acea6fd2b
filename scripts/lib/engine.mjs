import { request } from 'node:http';
import { homedir } from 'node:os';

const ANSWER_MS = 5_000;

/**
 * Finds where jobs can run: Docker, else Podman, else as processes of this machine. DOCKER_HOST and
 * CONTAINER_ENV (docker, podman or process) narrow the search; what they name must be there.
 * @returns {Promise<{ backend: string, name: string, address?: string, missed: string[] }>}
 */
export async function findEngine(env = process.env) {
  const wish = env.CONTAINER_ENV || undefined;
  const missed = [];
  if (wish === 'process') return { backend: 'process', name: 'processes of this machine', missed };
  const addresses = env.DOCKER_HOST ? [env.DOCKER_HOST] : usualSockets(env, wish);
  for (const address of addresses) {
    try {
      const version = await engineRequest(address, 'GET', '/version');
      return { ...describe(JSON.parse(version.body)), address, missed };
    } catch (error) {
      if (error.code !== 'ENOENT') missed.push(`${address} does not answer: ${error.message}`);
    }
  }
  if (env.DOCKER_HOST) {
    throw new Error(`DOCKER_HOST is set, but ${missed[0] ?? `there is no ${env.DOCKER_HOST}`}`);
  }
  if (wish)
    throw new Error([`CONTAINER_ENV=${wish}, but no such engine answers`, ...missed].join('; '));
  return { backend: 'process', name: 'processes of this machine', missed };
}

/** The same places, in the same order, as the service itself looks at. */
function usualSockets({ XDG_RUNTIME_DIR: runtime }, wish) {
  const docker = ['/var/run/docker.sock', `${homedir()}/.docker/run/docker.sock`];
  const podman = ['/run/podman/podman.sock'];
  if (runtime) {
    docker.splice(1, 0, `${runtime}/docker.sock`);
    podman.push(`${runtime}/podman/podman.sock`);
  }
  const paths = { docker, podman }[wish] ?? [...docker, ...podman];
  return paths.map((path) => `unix://${path}`);
}

function describe({ Version, Components = [] }) {
  const isPodman = Components.some(({ Name }) => /podman/i.test(Name));
  return isPodman
    ? { backend: 'podman', name: `Podman ${Version}` }
    : { backend: 'docker', name: `Docker ${Version}` };
}

/**
 * One request to the engine's HTTP API.
 * @param {string} address as in DOCKER_HOST
 * @returns {Promise<{ status: number, body: string }>}
 */
export function engineRequest(address, method, path, body, type = 'application/json') {
  const headers = body ? { 'content-type': type, 'content-length': body.length } : {};
  const timeout = body ? 60_000 : ANSWER_MS;
  return new Promise((done, fail) => {
    const call = request({ ...target(address), method, path, headers, timeout }, (answer) => {
      const chunks = [];
      answer.on('data', (chunk) => chunks.push(chunk));
      answer.on('error', fail);
      answer.on('end', () => {
        done({ status: answer.statusCode ?? 0, body: Buffer.concat(chunks).toString() });
      });
    });
    call.on('timeout', () => call.destroy(new Error('no answer in time')));
    call.on('error', fail);
    call.end(body);
  });
}

function target(address) {
  if (address.startsWith('unix://')) {
    return { socketPath: address.slice('unix://'.length) };
  }
  const url = new URL(address.replace(/^tcp:/, 'http:'));
  if (url.protocol !== 'http:' || !['localhost', '127.0.0.1', '[::1]'].includes(url.hostname)) {
    throw new Error('quickstart shares files with the engine, so it needs one on this machine');
  }
  return { host: url.hostname.replace(/[[\]]/g, ''), port: url.port || 2375 };
}
