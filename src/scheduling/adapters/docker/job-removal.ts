import type { ContainerInspectInfo } from 'dockerode';
import { setImmediate } from 'node:timers/promises';
import type { DockerEngine } from '../../../clients/docker-engine/docker-engine.js';
import type { JobName } from '../../domain/job-name.js';
import { jobNotFound } from '../../domain/scheduling-errors.js';
import { discardContainer, haltContainer } from './docker-ends.js';
import type { KeptJobs } from './kept-jobs.js';
import type { KnownWorkers } from './known-workers.js';

type Workers = readonly (ContainerInspectInfo | undefined)[];

/** Ends and removes jobs: their containers, and what is kept of them. */
export class JobRemoval {
  /** @param inspect the containers of a job's workers; nothing when there is no such job */
  constructor(
    private readonly engine: DockerEngine,
    private readonly kept: KeptJobs,
    private readonly known: KnownWorkers,
    private readonly inspect: (name: JobName, signal: AbortSignal) => Promise<Workers | undefined>,
  ) {}

  /** @throws EngineError, DomainError `JobNotFound` */
  async remove(name: JobName, signal: AbortSignal): Promise<void> {
    if (await this.removeEnded(name, signal)) return;
    const [kept, found] = await Promise.all([
      this.kept.find(name, signal),
      this.inspect(name, signal),
    ]);
    if (kept === undefined && found === undefined) throw jobNotFound(name);
    if (kept !== undefined) await this.kept.drop(name, signal);
    // Whoever submits a kept job makes its containers first and looks for what is kept afterwards.
    const workers = kept === undefined ? found : await this.inspect(name, signal);
    const present = (workers ?? []).filter((worker) => worker !== undefined);
    await Promise.all(present.map((worker) => haltContainer(this.engine, worker, signal)));
    const ids = present.map(({ Id }) => Id);
    await this.discard(ids, signal);
  }

  /**
   * Removes containers that had ended when they were last seen: nothing runs that has to be stopped.
   * @returns false when the job has to be looked for
   */
  private async removeEnded(name: JobName, signal: AbortSignal): Promise<boolean> {
    const ids = this.known.endedOf(name);
    if (ids === undefined) return false;
    const [wasThere, kept] = await Promise.all([
      this.discard(ids, signal),
      // Not before the removal is on its way, which is what the caller waits for.
      setImmediate().then(() => this.kept.find(name, signal)),
    ]);
    this.known.forget(name);
    // What is kept of it would be made anew.
    return wasThere && kept === undefined;
  }

  /**
   * The first worker goes last: until then a repeated DELETE still finds the job.
   * @returns whether the first one was there
   */
  private async discard(ids: readonly string[], signal: AbortSignal): Promise<boolean> {
    let wasThere = false;
    for (const id of ids.toReversed()) wasThere = await discardContainer(this.engine, id, signal);
    return wasThere;
  }
}
