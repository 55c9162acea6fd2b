import type { Readable } from 'node:stream';
import type { DockerEngine, EngineFilters } from '../../../clients/docker-engine/docker-engine.js';
import { toEngineError } from '../../../clients/docker-engine/engine-error.js';
import type { JobHint } from '../../domain/scheduler.port.js';

/** The longest line that an event can be; anything longer is not one. */
const MAX_LINE = 1024 * 1024;
/**
 * A stream without an event for this long is opened anew: nothing tells a quiet engine from a
 * connection whose other end is gone.
 */
const MAX_SILENCE_MS = 60_000;

/** As much of an event as any backend looks at. */
export interface EngineEvent {
  readonly Type?: string;
  readonly Actor?: { readonly Attributes?: Readonly<Record<string, string>> };
}

/** Events as hints. The engine filters, so that others' events never fill a queue. */
export async function* watchEvents(
  engine: DockerEngine,
  filters: EngineFilters,
  toHint: (event: EngineEvent) => JobHint,
  signal: AbortSignal,
): AsyncGenerator<JobHint> {
  const silence = new AbortController();
  const watchdog = setTimeout(() => silence.abort(), MAX_SILENCE_MS).unref();
  try {
    const stream = await engine.streamEvents(filters, AbortSignal.any([signal, silence.signal]));
    yield { kind: 'relist' };
    for await (const line of linesOf(stream, () => watchdog.refresh())) yield hintIn(line, toHint);
  } catch (error) {
    if (!silence.signal.aborted) throw toEngineError(error);
  } finally {
    clearTimeout(watchdog);
  }
}

async function* linesOf(stream: Readable, onData: () => void): AsyncGenerator<string> {
  let rest = '';
  try {
    for await (const chunk of stream) {
      onData();
      const lines = (rest + String(chunk)).split('\n');
      rest = lines.pop() ?? '';
      if (rest.length > MAX_LINE) throw new Error('an event of the engine is too long');
      yield* lines;
    }
  } finally {
    stream.destroy();
  }
}

/** An event that cannot be read is still a sign that something has changed. */
function hintIn(line: string, toHint: (event: EngineEvent) => JobHint): JobHint {
  try {
    return toHint(JSON.parse(line) as EngineEvent);
  } catch {
    return { kind: 'relist' };
  }
}
