import type { DockerEngine } from '../../../clients/docker-engine/docker-engine.js';
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
    const detail = error instanceof Error ? error.message : 'no answer';
    const mend = 'start Docker or Podman, or point DOCKER_HOST at the engine';
    return [{ name: 'engine', ok: false, detail, mend }];
  }
}
