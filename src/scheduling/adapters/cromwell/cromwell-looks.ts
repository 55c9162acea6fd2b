import type { CromwellClient } from '../../../clients/cromwell/cromwell-client.js';
import type { EventLog } from '../../../shared/event-log.js';
import { MANAGED_BY, OWN_LABELS } from '../../domain/own-labels.js';
import { backendUnavailable } from '../../domain/scheduling-errors.js';
import type { BatchLook } from '../batch-api/batch-system.js';
import { SharedPoll } from '../batch-api/shared-poll.js';
import type { WorkerFacts } from '../batch-api/worker-files.js';
import type { WorkerSight } from '../batch-api/worker-status.js';
import { isOfAnother, LIVE_STATUSES, listedWorker } from './cromwell-status.js';
import { UnlistedWorkflows, type ToldWorkflow } from './unlisted-workflows.js';

/** A workflow that Cromwell has not known for so long, and that never began, is lost. */
const LOST_AFTER_MS = 600_000;
/** One that has ended, and of which nobody else tells why, waits no longer for Cromwell to know it. */
const UNEXPLAINED_AFTER_MS = 60_000;
/** So long what a job has written may take to show here. */
const SETTLED_AFTER_MS = 30_000;

type Listed = WorkerSight['listed'];

/** One look at Cromwell for all jobs, shared by whoever wants to know. */
export class CromwellLooks {
  private readonly poll: SharedPoll<BatchLook>;
  private readonly unlisted: UnlistedWorkflows;

  constructor(
    private readonly client: Pick<CromwellClient, 'query' | 'metadata'>,
    log: EventLog,
    private readonly now: () => number = () => performance.now(),
  ) {
    const tooLate = (cause: unknown): Error =>
      backendUnavailable('Cromwell does not answer in time', cause);
    this.poll = new SharedPoll((asOf, signal) => this.look(asOf, signal), tooLate, now);
    this.unlisted = new UnlistedWorkflows(client, log, now);
  }

  /** The newest look, never much older than an interval. @throws CromwellError, DomainError */
  current(signal: AbortSignal): Promise<BatchLook> {
    return this.poll.current(signal);
  }

  private async look(asOf: number, signal: AbortSignal): Promise<BatchLook> {
    const ours = { [OWN_LABELS.managedBy]: MANAGED_BY };
    const found = await this.client.query(ours, LIVE_STATUSES, signal);
    const live = new Map(found.map(({ id, status }) => [id, status]));
    // Nobody waits for it: its answers show as they come.
    void this.unlisted.ask();
    return { asOf, listed: (id, worker, _all, facts) => this.listed(live, id, worker, facts) };
  }

  private listed(
    live: ReadonlyMap<string, string>,
    id: string,
    worker: number,
    facts: WorkerFacts,
  ): Listed {
    const counting = this.unlisted.counting(id, worker);
    const workflow = counting ?? id;
    const status = live.get(workflow);
    if (status !== undefined) {
      this.unlisted.forget(workflow);
      return listedWorker({ status }, facts, worker);
    }
    const told = this.unlisted.want(workflow, facts.launched !== undefined);
    if (told?.seen === undefined) return isLost(told, facts) ? 'lost' : 'absent';
    const isSettled = this.now() - (told.endedAt ?? Infinity) > SETTLED_AFTER_MS;
    const seen = { ...told.seen, isSettled };
    if (isSettled && counting === undefined && isOfAnother(seen, facts, worker)) {
      this.unlisted.dispute(id, worker, facts.launched?.job ?? '', seen.metadata);
      return { is: 'running' };
    }
    return listedWorker(seen, facts, worker);
  }
}

/** Cromwell may have forgotten what its batch system has not: whatever began tells its own end. */
function isLost(told: ToldWorkflow | undefined, { launched, end }: WorkerFacts): boolean {
  if (told?.unknown === undefined) return false;
  const { since, until } = told.unknown;
  if (end !== undefined) return until - since >= UNEXPLAINED_AFTER_MS;
  return launched === undefined && until - since > LOST_AFTER_MS;
}
