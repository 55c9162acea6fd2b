import { answeredError, KubernetesError } from './kubernetes-error.js';
import { isObject, type WatchEvent } from './kubernetes-objects.js';

/** The largest object is 1.5 MiB; anything longer is no event. */
const MAX_LINE = 4 * 1024 * 1024;
/** Bookmarks come about once a minute; a stream without any is taken for dead. */
const SILENCE_MS = 90_000;

/** The history after a resource version is gone: only a list helps. */
export const EXPIRED = 410;

/**
 * The events of a watch, until the server ends it or nothing comes for too long; a line that was cut
 * off is no event.
 * @throws KubernetesError what the server says inside the stream, with status 410 for lost history
 */
export async function* readWatchEvents(
  stream: AsyncIterable<Buffer> & { destroy(): void },
  silenceMs = SILENCE_MS,
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
  } catch (error) {
    if (!isSilent) throw error;
  } finally {
    clearTimeout(watchdog);
    stream.destroy();
  }
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
