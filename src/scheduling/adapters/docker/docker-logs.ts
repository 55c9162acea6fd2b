import type { DockerEngine } from '../../../clients/docker-engine/docker-engine.js';
import type { LogWindow } from '../../domain/scheduler.port.js';
import { readLogEnd } from '../docker-api/engine-log.js';

/** Reads the end of one container's log. @throws EngineError, also when the answer is cut short. */
export async function readContainerLog(
  engine: DockerEngine,
  id: string,
  window: LogWindow,
  signal: AbortSignal,
): Promise<string> {
  // Podman 4 loses lines when it counts them from the end of a log that has very long ones.
  const { engine: kind } = await engine.version(signal);
  const lines = kind === 'podman' ? undefined : window.lines;
  return readLogEnd(await engine.readLogs(id, lines, signal), window, signal);
}
