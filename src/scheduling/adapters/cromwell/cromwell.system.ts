import { setTimeout as sleep } from 'node:timers/promises';
import type { CromwellClient } from '../../../clients/cromwell/cromwell-client.js';
import type { CheckResult } from '../../../shared/check-result.js';
import type { DomainError } from '../../../shared/domain-error.js';
import type { EventLog } from '../../../shared/event-log.js';
import type { SchedulerCapabilities } from '../../domain/capabilities.js';
import type { JobName } from '../../domain/job-name.js';
import type { JobSpec } from '../../domain/job-spec.js';
import { backendUnavailable } from '../../domain/scheduling-errors.js';
import { batchCapabilities } from '../batch-api/batch-capabilities.js';
import type { BatchLook, BatchSystem } from '../batch-api/batch-system.js';
import type { StoredJob } from '../batch-api/stored-job.js';
import type { Run } from '../batch-api/job-script.js';
import { hasRefused, mendOf, toSchedulingError, toSubmitError } from './cromwell-errors.js';
import { CromwellLooks } from './cromwell-looks.js';
import { warnOfSeveral } from './unlisted-workflows.js';
import type { CromwellOptions } from './cromwell-options.js';
import { buildWorkflow, RUN_LABEL } from './cromwell-request.js';
import { LIVE_STATUSES } from './cromwell-status.js';

const ASK_AGAIN_MS = 250;
/** An abort that came before Cromwell knew the workflow is given again, in milliseconds. */
const ABORT_AGAIN_MS = 5_000;
/** A query shows a new workflow this late, in milliseconds. */
const QUERY_LAG_MS = 10_000;
/** A script looks every two seconds. */
const OWN_END_MS = 6_000;
const CLEAR_DEADLINE_MS = 5_000;
const NOT_ENDED = 'Cromwell has not ended the job in time';

/** A Cromwell server, whose backend hands each worker to the batch system of the site. */
export class CromwellSystem implements BatchSystem {
  readonly name = 'Cromwell';
  readonly capabilities: SchedulerCapabilities;
  private readonly looks: CromwellLooks;

  constructor(
    private readonly client: CromwellClient,
    private readonly options: CromwellOptions,
    private readonly log: EventLog,
  ) {
    this.capabilities = batchCapabilities('cromwell', options.runtime);
    this.looks = new CromwellLooks(client, log);
  }

  plan(spec: JobSpec, run: Run): unknown {
    return buildWorkflow(spec, run, this.options);
  }

  submit(spec: JobSpec, run: Run, signal: AbortSignal): Promise<string> {
    return this.client.submit(buildWorkflow(spec, run, this.options), signal);
  }

  /** Asked only after a lost answer: the newest first, and not before a query would show it. */
  async jobsOfRun(_name: JobName, runId: string, signal: AbortSignal): Promise<readonly string[]> {
    const until = performance.now() + QUERY_LAG_MS;
    for (;;) {
      const found = await this.client.query({ [RUN_LABEL]: runId }, [], signal);
      if (found.length > 0 || performance.now() > until) {
        const workflows = found.map(({ id }) => id);
        if (workflows.length > 1) warnOfSeveral(this.log, runId, workflows, workflows[0]);
        return workflows;
      }
      await pause(signal, 'Cromwell has not told in time whether it has the job');
    }
  }

  /** What a script knows is the number of the batch system, and not the workflow. */
  jobOf(id: string): string {
    return id;
  }

  look(signal: AbortSignal): Promise<BatchLook> {
    return this.looks.current(signal);
  }

  /** Its mark in the record keeps workers from beginning; those that have begun write their end. */
  async cancel(
    id: string,
    now: () => Promise<StoredJob | undefined>,
    signal: AbortSignal,
  ): Promise<void> {
    if (await endsByItself(now, signal)) return;
    let abortedAt = -Infinity;
    for (;;) {
      if (performance.now() - abortedAt > ABORT_AGAIN_MS) {
        await this.client.abort(id, signal);
        abortedAt = performance.now();
      }
      if (isAtRest(await now()) || (await this.hasEnded(id, signal))) return;
      await pause(signal, NOT_ENDED);
    }
  }

  async untilCleared(
    _id: string,
    now: () => Promise<StoredJob | undefined>,
    signal: AbortSignal,
  ): Promise<void> {
    const time = AbortSignal.any([signal, AbortSignal.timeout(CLEAR_DEADLINE_MS)]);
    while (!time.aborted) {
      const stored = await now();
      if (stored === undefined || stored.workers.every(({ end, isCleared }) => !end || isCleared)) {
        return;
      }
      await sleep(ASK_AGAIN_MS, undefined, { signal: time }).catch(() => undefined);
    }
  }

  async check(signal: AbortSignal): Promise<readonly CheckResult[]> {
    const name = 'cromwell';
    try {
      return [{ name, ok: true, detail: `Cromwell ${await this.client.version(signal)}` }];
    } catch (error) {
      return [{ name, ok: false, detail: toSchedulingError(error).message, mend: mendOf(error) }];
    }
  }

  hasRefused(error: unknown): boolean {
    return hasRefused(error);
  }

  toSubmitError(error: unknown, spec: JobSpec): DomainError {
    return toSubmitError(error, spec);
  }

  toError(error: unknown): DomainError {
    return toSchedulingError(error);
  }

  private async hasEnded(id: string, signal: AbortSignal): Promise<boolean> {
    const metadata = await this.client.metadata(id, signal);
    return metadata !== undefined && !LIVE_STATUSES.includes(metadata.status);
  }
}

/** @throws DomainError `BackendUnavailable` with these words when `signal` ends it */
async function pause(signal: AbortSignal, tooLate: string): Promise<void> {
  try {
    await sleep(ASK_AGAIN_MS, undefined, { signal });
  } catch (error) {
    throw backendUnavailable(tooLate, error);
  }
}

/** Workers that have all begun look for the request to end; a signal would disturb what they clear. */
async function endsByItself(
  now: () => Promise<StoredJob | undefined>,
  signal: AbortSignal,
): Promise<boolean> {
  const deadline = performance.now() + OWN_END_MS;
  for (;;) {
    const workers = (await now())?.workers ?? [];
    if (workers.every(({ end, isCleared }) => end !== undefined && isCleared)) return true;
    const haveBegun = workers.every(({ launched }) => launched !== undefined);
    if (!haveBegun || performance.now() > deadline) return false;
    await pause(signal, NOT_ENDED);
  }
}

function isAtRest(stored: StoredJob | undefined): boolean {
  if (stored === undefined) return true;
  return stored.workers.every(({ launched, end }) => launched === undefined || end !== undefined);
}
