import type { DockerEngine } from '../../../clients/docker-engine/docker-engine.js';
import { Semaphore } from '../../../shared/semaphore.js';
import type { Readiness } from '../../domain/scheduler.port.js';
import type { PullCredentials } from '../docker-api/pull-credentials.js';

const LOOK_UP_MS = 10_000;
/** How long a pull may take. */
const PULL_DEADLINE_MS = 3_600_000;
const MAX_PARALLEL_PULLS = 3;
/** More references than a site uses; beyond it they are asked for again. */
const MAX_REMEMBERED = 1_000;

/** The engine's images: each reference is pulled at most once at a time, however many jobs wait. */
export class Images {
  private readonly present = new Set<string>();
  private readonly pulls = new Map<string, Promise<void>>();
  private readonly gate = new Semaphore(MAX_PARALLEL_PULLS);

  constructor(
    private readonly engine: DockerEngine,
    private readonly credentials: PullCredentials,
  ) {}

  /**
   * Pulls the image unless the engine has it. `signal` ends only the wait.
   * @throws EngineError with the registry's words.
   */
  async ensure(reference: string, signal: AbortSignal): Promise<Readiness> {
    if (this.present.has(reference)) return 'ready';
    return untilAborted(this.obtain(reference), signal);
  }

  /** Somebody has removed the image. */
  forget(reference: string): void {
    this.present.delete(reference);
  }

  private async obtain(reference: string): Promise<void> {
    const isPulled = this.pulls.has(reference);
    if (!isPulled && (await this.engine.hasImage(reference, AbortSignal.timeout(LOOK_UP_MS)))) {
      this.remember(reference);
    } else {
      await this.pull(reference);
    }
  }

  private pull(reference: string): Promise<void> {
    const flight = this.pulls.get(reference);
    if (flight !== undefined) return flight;
    const deadline = AbortSignal.timeout(PULL_DEADLINE_MS);
    const pull = this.gate
      .run(async () => {
        const credentials = await this.credentials.for(reference);
        await this.engine.pullImage(withTag(reference), credentials, deadline);
        this.remember(reference);
      }, deadline)
      .finally(() => this.pulls.delete(reference));
    // Those who wait for it may all have gone by the time it fails.
    pull.catch(() => undefined);
    this.pulls.set(reference, pull);
    return pull;
  }

  private remember(reference: string): void {
    if (this.present.size >= MAX_REMEMBERED) this.present.clear();
    this.present.add(reference);
  }
}

function untilAborted(task: Promise<void>, signal: AbortSignal): Promise<Readiness> {
  return new Promise((resolve, reject) => {
    const leave = (): void => resolve('underway');
    if (signal.aborted) leave();
    signal.addEventListener('abort', leave, { once: true });
    task
      .then(() => resolve('ready'), reject)
      .finally(() => signal.removeEventListener('abort', leave));
  });
}

/** Without tag and digest the engine would pull every tag of the repository. */
function withTag(reference: string): string {
  const hasDigest = reference.includes('@');
  const hasTag = reference.lastIndexOf(':') > reference.lastIndexOf('/');
  return hasDigest || hasTag ? reference : `${reference}:latest`;
}
