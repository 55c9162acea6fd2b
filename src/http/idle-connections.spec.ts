import { fastify } from 'fastify';
import { Agent, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { closeIdleConnectionsAtEnd } from './idle-connections.js';

describe('a server that ends', () => {
  it('does not wait for the client of its last answer to let go of the connection', async () => {
    const app = fastify({ forceCloseConnections: 'idle' });
    closeIdleConnectionsAtEnd(app);
    let answer: () => void = () => undefined;
    const asked = new Promise<void>((told) => {
      app.get('/', async () => {
        told();
        await new Promise<void>((resolve) => (answer = resolve));
        return 'answered';
      });
    });
    await app.listen({ port: 0, host: '127.0.0.1' });
    const agent = new Agent({ keepAlive: true, timeout: 600_000 });
    const { port } = app.server.address() as AddressInfo;
    const status = new Promise((resolve) =>
      get({ port, agent }, (response) => resolve(response.resume().statusCode)),
    );
    await asked;
    const closed = app.close();
    answer();
    expect(await status).toBe(200);
    await closed;
    agent.destroy();
  });

  it('does not wait for ever for an answer that does not come', async () => {
    const app = fastify({ forceCloseConnections: 'idle' });
    closeIdleConnectionsAtEnd(app, 200);
    const asked = new Promise<void>((told) => {
      app.get('/', () => {
        told();
        return new Promise(() => undefined);
      });
    });
    await app.listen({ port: 0, host: '127.0.0.1' });
    const { port } = app.server.address() as AddressInfo;
    const cut = new Promise((resolve) => get({ port }).on('error', resolve));
    await asked;
    await app.close();
    expect(await cut).toBeInstanceOf(Error);
  });
});
