import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface EmptyRegistry {
  /** What stands in front of an image's path: nodes of this host speak plain HTTP to it. */
  readonly address: string;
  close(): void;
}

/** A registry that knows no image, and says so. */
export async function startEmptyRegistry(): Promise<EmptyRegistry> {
  const errors = [{ code: 'MANIFEST_UNKNOWN', message: 'manifest unknown' }];
  const server = createServer(({ url }, response) => {
    response.statusCode = url === '/v2/' ? 200 : 404;
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ errors }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
