import { readFile, stat } from 'node:fs/promises';

/** What an engine is given to pull from one registry: the body of `X-Registry-Auth`. */
export interface RegistryCredentials {
  readonly username?: string;
  readonly password?: string;
  readonly identitytoken?: string;
  readonly serveraddress: string;
}

interface AuthEntry {
  readonly auth?: unknown;
  readonly username?: unknown;
  readonly password?: unknown;
  readonly identitytoken?: unknown;
}

const MAX_FILE_BYTES = 1024 * 1024;
/** The default registry has several names in the files that clients write. */
const DOCKER_HUB = ['docker.io', 'index.docker.io', 'registry-1.docker.io'];

/**
 * The credentials for a registry in a file of `docker login` or `podman login`, which is read each
 * time: it may be rotated. Source: docs.docker.com/reference/cli/docker/login, containers-auth.json(5).
 * @param repository registry host and path, such as `ghcr.io/fnndsc/pl-any`
 * @throws Error that names the file and never its content
 */
export async function readCredentials(
  file: string,
  repository: string,
): Promise<RegistryCredentials | undefined> {
  const { size } = await stat(file).catch(() => refuse(file, 'cannot be read'));
  if (size > MAX_FILE_BYTES) return refuse(file, 'is larger than 1 MiB');
  const text = await readFile(file, 'utf8').catch(() => refuse(file, 'cannot be read'));
  return findCredentials(parseAuths(file, text), repository);
}

/** The entry with the longest path that leads to the repository; another host's is never given. */
export function findCredentials(
  auths: Readonly<Record<string, unknown>>,
  repository: string,
): RegistryCredentials | undefined {
  const wanted = aliases(repository);
  const [best] = Object.entries(auths)
    .map(([key, entry]) => ({ place: placeOf(key), entry, key }))
    .filter(({ place }) => wanted.some((name) => name === place || name.startsWith(`${place}/`)))
    .toSorted((a, b) => b.place.length - a.place.length);
  return best && toCredentials(best.key, best.entry as AuthEntry);
}

/** A registry host and path without scheme and API version. */
function placeOf(key: string): string {
  return key
    .replace(/^https?:\/\//, '')
    .replace(/\/v[12]\/?$/, '')
    .replace(/\/$/, '');
}

function aliases(repository: string): readonly string[] {
  const [host = '', ...path] = repository.split('/');
  const hosts = DOCKER_HUB.includes(host) ? DOCKER_HUB : [host];
  return hosts.map((name) => [name, ...path].join('/'));
}

function toCredentials(serveraddress: string, entry: AuthEntry): RegistryCredentials | undefined {
  if (typeof entry !== 'object' || entry === null) return undefined;
  const { auth, identitytoken } = entry;
  if (typeof identitytoken === 'string' && identitytoken !== '') {
    return { identitytoken, serveraddress };
  }
  const decoded = typeof auth === 'string' ? Buffer.from(auth, 'base64').toString('utf8') : '';
  const colon = decoded.indexOf(':');
  const username = colon < 0 ? entry.username : decoded.slice(0, colon);
  const password = colon < 0 ? entry.password : decoded.slice(colon + 1).replace(/\0+$/, '');
  if (typeof username !== 'string' || typeof password !== 'string') return undefined;
  return { username, password, serveraddress };
}

function parseAuths(file: string, text: string): Readonly<Record<string, unknown>> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return refuse(file, 'is not JSON');
  }
  const { auths } = (parsed ?? {}) as { auths?: unknown };
  if (auths === undefined) return {};
  return typeof auths === 'object' && auths !== null
    ? (auths as Readonly<Record<string, unknown>>)
    : refuse(file, 'has no object "auths"');
}

function refuse(file: string, why: string): never {
  throw new Error(`the file of registry credentials ${file} ${why}`);
}
