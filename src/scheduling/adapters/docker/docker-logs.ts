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
  const stream = await engine.readLogs(id, window.lines, signal);
  const tail = new LogTail(window);
  const abort = (): void => void stream.destroy(signal.reason as Error);
  signal.addEventListener('abort', abort, { once: true });
  try {
    for await (const chunk of stream) tail.push(chunk as Buffer);
    return tail.text();
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
