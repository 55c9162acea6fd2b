import type { Readable } from 'node:stream';
import { toEngineError } from '../../../clients/docker-engine/engine-error.js';
import type { DockerEngine } from '../../../clients/docker-engine/docker-engine.js';
import { parseJobName } from '../../domain/job-name.js';
import { MANAGED_BY, OWN_LABELS } from '../../domain/own-labels.js';
import type { JobHint } from '../../domain/scheduler.port.js';

/** The longest line that an event can be; anything longer is not one. */
const MAX_LINE = 1024 * 1024;
/**
 * A stream without an event for this long is opened anew: nothing tells a quiet engine from a
 * connection whose other end is gone.
 */
const MAX_SILENCE_MS = 60_000;

interface EngineEvent {
  readonly Actor?: { readonly Attributes?: Readonly<Record<string, string>> };
}

/** Events of our containers as hints. The engine filters, so that others' events never fill a queue. */
export async function* watchContainers(
  engine: DockerEngine,
  signal: AbortSignal,
): AsyncGenerator<JobHint> {
  const filters = { type: ['container'], label: [`${OWN_LABELS.managedBy}=${MANAGED_BY}`] };
  const silence = new AbortController();
  const watchdog = setTimeout(() => silence.abort(), MAX_SILENCE_MS).unref();
  try {
    const stream = await engine.streamEvents(filters, AbortSignal.any([signal, silence.signal]));
    yield { kind: 'relist' };
    yield* readHints(stream, () => watchdog.refresh());
  } catch (error) {
    if (!silence.signal.aborted) throw toEngineError(error);
  } finally {
    clearTimeout(watchdog);
  }
}

async function* readHints(stream: Readable, onData: () => void): AsyncGenerator<JobHint> {
  let rest = '';
  try {
    for await (const chunk of stream) {
      onData();
      const lines = (rest + String(chunk)).split('\n');
      rest = lines.pop() ?? '';
      if (rest.length > MAX_LINE) throw new Error('an event of the engine is too long');
      for (const line of lines) yield toHint(line);
    }
  } finally {
    stream.destroy();
  }
}

/** An event that cannot be read is still a sign that something has changed. */
function toHint(line: string): JobHint {
  try {
    const event = JSON.parse(line) as EngineEvent;
    const name = parseJobName(event.Actor?.Attributes?.[OWN_LABELS.jid] ?? '');
    return name === undefined ? { kind: 'relist' } : { kind: 'changed', name };
  } catch {
    return { kind: 'relist' };
  }
}
