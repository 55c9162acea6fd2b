import { answeredError, KubernetesError } from './kubernetes-error.js';
import { isObject, type WatchEvent } from './kubernetes-objects.js';

/** The largest object is 1.5 MiB; anything longer is no event. */
const MAX_LINE = 4 * 1024 * 1024;
const EXPIRED = 410;

/** Whether the history after a resource version is gone: only a new list helps. */
export function hasExpired(error: unknown): boolean {
  return error instanceof KubernetesError && error.status === EXPIRED;
}

/**
 * The events of a watch, until the server ends it; a line that was cut off is no event.
 * @param silenceMs a stream of which nothing comes for so long is taken for dead
 * @throws KubernetesError what the server says inside the stream, with status 410 for lost history; for
 *   a stream that is dead
 */
export async function* readWatchEvents(
  stream: AsyncIterable<Buffer> & { destroy(): void },
  silenceMs: number,
): AsyncGenerator<WatchEvent> {
  let isSilent = false;
  const watchdog = setTimeout(() => {
    isSilent = true;
    stream.destroy();
  }, silenceMs).unref();
  const decoder = new TextDecoder();
  let rest = '';
  try {
    for await (const chunk of stream) {
      watchdog.refresh();
      const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
      rest = lines.pop() ?? '';
      if (rest.length > MAX_LINE) {
        throw new KubernetesError(undefined, 'an event of the cluster is too long', true);
      }
      for (const line of lines) if (line !== '') yield parseEvent(line);
    }
    if (isSilent) throw silence();
  } catch (error) {
    throw isSilent ? silence(error) : error;
  } finally {
    clearTimeout(watchdog);
    stream.destroy();
  }
}

function silence(cause?: unknown): KubernetesError {
  return new KubernetesError(undefined, 'a watch of the cluster is silent', true, cause);
}

function parseEvent(line: string): WatchEvent {
  let event: { type?: string; object?: { code?: unknown } };
  try {
    event = JSON.parse(line) as typeof event;
  } catch (error) {
    throw new KubernetesError(undefined, 'an event of the cluster cannot be read', true, error);
  }
  const { type, object } = event;
  if (type === 'ERROR') throw answeredError(Number(object?.code ?? 500), JSON.stringify(object));
  if (!isObject(object)) {
    throw new KubernetesError(undefined, 'an event of the cluster has no object', true);
  }
  return event as WatchEvent;
}
