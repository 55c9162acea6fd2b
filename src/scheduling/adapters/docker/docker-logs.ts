import { toEngineError } from '../../../clients/docker-engine/engine-error.js';
import type { DockerEngine } from '../../../clients/docker-engine/docker-engine.js';
import type { LogWindow } from '../../domain/scheduler.port.js';
import { LogTail } from './log-tail.js';

/** Reads the end of one container's log. @throws EngineError, also when the answer is cut short. */
export async function readContainerLog(
  engine: DockerEngine,
  id: string,
  window: LogWindow,
  signal: AbortSignal,
): Promise<string> {
  // Podman 4 loses lines when it counts them from the end of a log that has very long ones.
  const lines = engine.kind === 'podman' ? undefined : window.lines;
  const stream = await engine.readLogs(id, lines, signal);
  const tail = new LogTail(window);
  const abort = (): void => void stream.destroy(signal.reason as Error);
  signal.addEventListener('abort', abort, { once: true });
  try {
    for await (const chunk of stream) tail.push(chunk as Buffer);
    return tail.text();
  } catch (error) {
    // A log that breaks off is no log: its last line would be missing.
    throw toEngineError(error);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
