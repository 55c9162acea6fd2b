import type { DockerEngine } from '../../../clients/docker-engine/docker-engine.js';
import { EngineError } from '../../../clients/docker-engine/engine-error.js';
import type { JobName } from '../../domain/job-name.js';
import type { JobLog, LogWindow } from '../../domain/scheduler.port.js';
import { joinWorkerLogs, logShare } from '../../domain/worker-logs.js';
import { readContainerLog } from './docker-logs.js';
import type { KnownWorkers } from './known-workers.js';

type Workers = readonly ({ readonly Id: string } | undefined)[];

/** Reads the logs of jobs; of containers that were seen before without a look at them first. */
export class JobLogs {
  constructor(
    private readonly engine: DockerEngine,
    private readonly known: KnownWorkers,
  ) {}

  /** @returns nothing when the containers have to be looked for first. @throws EngineError */
  async readKnown(
    name: JobName,
    window: LogWindow,
    signal: AbortSignal,
  ): Promise<JobLog | undefined> {
    const ids = this.known.of(name);
    if (ids === undefined) return undefined;
    try {
      return await this.read(
        ids.map((Id) => ({ Id })),
        window,
        signal,
      );
    } catch (error) {
      if (!(error instanceof EngineError) || error.status !== 404) throw error;
      this.known.forget(name);
      return undefined;
    }
  }

  /** @param workers in order; one that is gone has no log. @throws EngineError */
  async read(workers: Workers, window: LogWindow, signal: AbortSignal): Promise<JobLog> {
    const share = logShare(window, workers.length);
    const logs = workers.map(async (worker) =>
      worker === undefined ? '' : readContainerLog(this.engine, worker.Id, share, signal),
    );
    return { text: joinWorkerLogs(await Promise.all(logs)) };
  }
}
