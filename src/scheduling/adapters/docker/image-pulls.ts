import type { DockerEngine } from '../../../clients/docker-engine/docker-engine.js';

/** How long a pull may take. */
const PULL_DEADLINE_MS = 60_000;

/** Pulls images, each reference at most once at a time however many jobs wait for it. */
export class ImagePulls {
  private readonly flights = new Map<string, Promise<void>>();

  constructor(private readonly engine: DockerEngine) {}

  /** @throws EngineError with the registry's words. */
  pull(reference: string): Promise<void> {
    const flight = this.flights.get(reference);
    if (flight !== undefined) return flight;
    const pull = this.engine
      .pullImage(withTag(reference), AbortSignal.timeout(PULL_DEADLINE_MS))
      .finally(() => this.flights.delete(reference));
    this.flights.set(reference, pull);
    return pull;
  }
}

/** Without tag and digest the engine would pull every tag of the repository. */
function withTag(reference: string): string {
  const hasDigest = reference.includes('@');
  const hasTag = reference.lastIndexOf(':') > reference.lastIndexOf('/');
  return hasDigest || hasTag ? reference : `${reference}:latest`;
}
