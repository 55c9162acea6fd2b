import type { FastifyInstance } from 'fastify';

const LOOK_EVERY_MS = 50;

/**
 * Lets a server end as soon as its last answer is out: a connection whose request was under way when
 * the end began is idle afterwards, and its client would hold it for as long as it likes.
 */
export function closeIdleConnectionsAtEnd(fastify: FastifyInstance): void {
  fastify.addHook('preClose', (done) => {
    const { server } = fastify;
    const timer = setInterval(() => server.closeIdleConnections(), LOOK_EVERY_MS).unref();
    server.once('close', () => clearInterval(timer));
    done();
  });
}
