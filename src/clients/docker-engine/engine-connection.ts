/** Where the engine is: one address, or the sockets to look for, in order of preference. */
export type EngineConnection =
  | { readonly kind: 'sockets'; readonly paths: readonly string[] }
  | {
      readonly kind: 'tcp';
      readonly host: string;
      readonly port: number;
      readonly tls: EngineTls | undefined;
    };

/** The engine's certificate is always verified. */
export interface EngineTls {
  /** Folder with ca.pem, cert.pem and key.pem. */
  readonly certificateFolder: string;
}

const DEFAULT_PORT = 2375;
const DEFAULT_TLS_PORT = 2376;

/** What the addresses are made from; all from the environment. */
export interface EngineAddress {
  readonly dockerHost: string | undefined;
  /** Makes tcp:// speak TLS. */
  readonly tlsVerify: boolean;
  readonly certificateFolder: string | undefined;
  readonly prefer: 'docker' | 'podman';
  readonly runtimeFolder: string | undefined;
  readonly home: string | undefined;
}

/** @returns the connection, or the reason why DOCKER_HOST is refused. */
export function parseEngineConnection(
  address: EngineAddress,
): { readonly connection: EngineConnection } | { readonly reason: string } {
  const { dockerHost } = address;
  if (dockerHost === undefined) {
    return { connection: { kind: 'sockets', paths: usualSockets(address) } };
  }
  if (dockerHost.startsWith('unix://')) {
    const path = dockerHost.slice('unix://'.length);
    if (!path.startsWith('/')) return { reason: 'must name an absolute socket path' };
    return { connection: { kind: 'sockets', paths: [path] } };
  }
  const [scheme, url] = parseAddress(dockerHost);
  if (url === null) return { reason: 'must begin with unix://, tcp://, http:// or https://' };
  if (!isBareAddress(url)) return { reason: 'must hold nothing but host and port' };
  const secure = scheme === 'https' || address.tlsVerify;
  if (secure && address.certificateFolder === undefined) {
    return { reason: 'with TLS needs DOCKER_CERT_PATH' };
  }
  const port = Number(url.port) || (secure ? DEFAULT_TLS_PORT : DEFAULT_PORT);
  const tls =
    secure && address.certificateFolder !== undefined
      ? { certificateFolder: address.certificateFolder }
      : undefined;
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  return { connection: { kind: 'tcp', host, port, tls } };
}

/** Parsed as tcp: whatever the scheme: of http and https the parser drops the ports 80 and 443. */
function parseAddress(dockerHost: string): readonly [string | undefined, URL | null] {
  const match = /^(tcp|https?):\/\/(.+)$/.exec(dockerHost);
  return match === null ? [undefined, null] : [match[1], URL.parse(`tcp://${match[2]}`)];
}

function isBareAddress({ username, password, hostname, pathname, search, hash }: URL): boolean {
  return (
    [username, password, search, hash].every((part) => part === '') &&
    hostname !== '' &&
    pathname.length <= 1
  );
}

/** The sockets of rootful and rootless engines, the preferred kind first. */
function usualSockets({ prefer, runtimeFolder, home }: EngineAddress): string[] {
  const docker = [
    '/var/run/docker.sock',
    ...(runtimeFolder === undefined ? [] : [`${runtimeFolder}/docker.sock`]),
    ...(home === undefined ? [] : [`${home}/.docker/run/docker.sock`]),
  ];
  const podman = [
    '/run/podman/podman.sock',
    ...(runtimeFolder === undefined ? [] : [`${runtimeFolder}/podman/podman.sock`]),
  ];
  return prefer === 'podman' ? [...podman, ...docker] : [...docker, ...podman];
}
