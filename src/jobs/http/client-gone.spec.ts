import { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { Abandoned } from '../../shared/abandoned.js';
import { clientGone } from './client-gone.js';

describe('the signal of a client', () => {
  it('is one for all requests of a connection, and ends with it', async () => {
    const socket = new Socket();
    const signal = clientGone({ socket });
    expect(clientGone({ socket })).toBe(signal);
    expect(signal.aborted).toBe(false);
    socket.destroy();
    await new Promise((closed) => socket.once('close', closed));
    expect(signal.reason).toBeInstanceOf(Abandoned);
  });

  it('has ended where the connection has', () => {
    const socket = new Socket();
    socket.destroy();
    expect(clientGone({ socket }).aborted).toBe(true);
  });
});
