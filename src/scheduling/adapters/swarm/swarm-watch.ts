import type { Readable } from 'node:stream';
import type { SwarmEngine } from '../../../clients/docker-engine/swarm-engine.js';
import type { JobHint } from '../../domain/scheduler.port.js';

/**
 * A stream without an event for this long is opened anew: nothing tells a quiet engine from a
 * connection whose other end is gone.
 */
const MAX_SILENCE_MS = 60_000;

/**
 * Events of services and nodes. They carry no labels, and tasks have none: each is a reason to list,
 * and the lists find what tasks do.
 */
export async function* watchServices(
  engine: SwarmEngine,
  signal: AbortSignal,
): AsyncGenerator<JobHint> {
  const silence = new AbortController();
  const watchdog = setTimeout(() => silence.abort(), MAX_SILENCE_MS).unref();
  try {
    const filters = { type: ['service', 'node'], scope: ['swarm'] };
    const ended = AbortSignal.any([signal, silence.signal]);
    const stream: Readable = await engine.streamEvents(filters, ended);
    yield { kind: 'relist' };
    try {
      for await (const event of stream) {
        watchdog.refresh();
        if (String(event).trim() !== '') yield { kind: 'relist' };
      }
    } finally {
      stream.destroy();
    }
  } catch (error) {
    if (!silence.signal.aborted) throw error;
  } finally {
    clearTimeout(watchdog);
  }
}
