import type { EngineVersion } from '../../../clients/docker-engine/docker-engine.js';
import { invalidFields } from '../../../shared/domain-error.js';

/**
 * Podman's Docker-compatible API drops device requests without a word, so a GPU job would run without
 * one: it is refused instead. Docker itself refuses the start where there is no GPU.
 * @throws DomainError `InvalidRequest` naming `gpu_limit`
 */
export function refuseGpus({ engine, version }: EngineVersion): void {
  if (engine !== 'podman') return;
  throw invalidFields({
    gpu_limit: `must be 0: Podman ${version} ignores GPU requests of this API; use Docker for GPU jobs`,
  });
}
