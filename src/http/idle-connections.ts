import type { FastifyInstance } from 'fastify';

const LOOK_EVERY_MS = 50;
/** Orchestrators kill a service 30 s after they have told it to end. */
const LAST_MS = 27_000;

/**
 * Lets a server end as soon as its last answer is out, and in time even when one does not come: a
 * connection whose request was under way when the end began is idle afterwards, and its client would
 * hold it for as long as it likes.
 * @param lastMs after how many milliseconds nothing is waited for any more
 */
export function closeIdleConnectionsAtEnd(fastify: FastifyInstance, lastMs = LAST_MS): void {
  fastify.addHook('preClose', (done) => {
    const { server } = fastify;
    const timer = setInterval(() => server.closeIdleConnections(), LOOK_EVERY_MS).unref();
    const last = setTimeout(() => server.closeAllConnections(), lastMs).unref();
    server.once('close', () => {
      clearInterval(timer);
      clearTimeout(last);
    });
    done();
  });
}
