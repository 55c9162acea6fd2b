import type { DockerEngine } from '../../../clients/docker-engine/docker-engine.js';

/** How long a pull may take. */
const PULL_DEADLINE_MS = 60_000;
/** More references than a site uses; beyond it they are asked for again. */
const MAX_REMEMBERED = 1_000;

/** The engine's images: each reference is pulled at most once at a time, however many jobs wait. */
export class Images {
  private readonly present = new Set<string>();
  private readonly pulls = new Map<string, Promise<void>>();

  constructor(private readonly engine: DockerEngine) {}

  /** Pulls the image unless the engine has it. @throws EngineError with the registry's words. */
  async ensure(reference: string, signal: AbortSignal): Promise<void> {
    if (this.present.has(reference)) return;
    if (!(await this.engine.hasImage(reference, signal))) await this.pull(reference);
    if (this.present.size >= MAX_REMEMBERED) this.present.clear();
    this.present.add(reference);
  }

  /** Somebody has removed the image. */
  forget(reference: string): void {
    this.present.delete(reference);
  }

  private pull(reference: string): Promise<void> {
    const flight = this.pulls.get(reference);
    if (flight !== undefined) return flight;
    const pull = this.engine
      .pullImage(withTag(reference), AbortSignal.timeout(PULL_DEADLINE_MS))
      .finally(() => this.pulls.delete(reference));
    this.pulls.set(reference, pull);
    return pull;
  }
}

/** Without tag and digest the engine would pull every tag of the repository. */
function withTag(reference: string): string {
  const hasDigest = reference.includes('@');
  const hasTag = reference.lastIndexOf(':') > reference.lastIndexOf('/');
  return hasDigest || hasTag ? reference : `${reference}:latest`;
}
