import type { DockerEngine } from '../../../clients/docker-engine/docker-engine.js';
import {
  EngineError,
  isDeadSocket,
  isForbidden,
} from '../../../clients/docker-engine/engine-error.js';
import type { CheckResult } from '../../../shared/check-result.js';

const PRODUCT = { docker: 'Docker', podman: 'Podman' } as const;

/** Whether the engine answers now, and which one it is. */
export async function checkEngine(
  engine: DockerEngine,
  signal: AbortSignal,
): Promise<readonly CheckResult[]> {
  try {
    const { engine: kind, version, apiVersion } = await engine.askVersion(signal);
    const detail = `${PRODUCT[kind]} ${version} (API ${apiVersion})`;
    return [{ name: 'engine', ok: true, detail }];
  } catch (error) {
    const words = error instanceof Error ? error.message : 'no answer';
    const detail = `${words} (${engine.address})`;
    return [{ name: 'engine', ok: false, detail, mend: mendOf(error) }];
  }
}

/** An engine that starts makes its socket file anew; a mounted file stays the old one for ever. */
function mendOf(error: unknown): string {
  if (error instanceof EngineError && isDeadSocket(error)) {
    return (
      'start the engine; if it runs and its socket file is mounted into this container, ' +
      'mount the folder of the socket in its place'
    );
  }
  if (error instanceof EngineError && isForbidden(error)) {
    return (
      "add the group of the socket to the service's user: DOCKER_GID for Compose and the stack, " +
      'from `stat -c %g` of the socket'
    );
  }
  return 'start Docker or Podman, or point DOCKER_HOST at the engine';
}
