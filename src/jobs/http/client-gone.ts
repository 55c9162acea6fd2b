import type { IncomingMessage } from 'node:http';
import { Abandoned } from '../../shared/abandoned.js';

const signals = new WeakMap<IncomingMessage['socket'], AbortSignal>();

/** Ends with the client's connection: nobody reads the answer any more. One for all its requests. */
export function clientGone({ socket }: Pick<IncomingMessage, 'socket'>): AbortSignal {
  const known = signals.get(socket);
  if (known !== undefined) return known;
  const gone = new AbortController();
  if (socket.destroyed) gone.abort(new Abandoned());
  else socket.once('close', () => gone.abort(new Abandoned()));
  signals.set(socket, gone.signal);
  return gone.signal;
}
