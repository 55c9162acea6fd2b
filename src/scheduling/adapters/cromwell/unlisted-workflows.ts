import { setTimeout as sleep } from 'node:timers/promises';
import { readCallWords } from '../../../clients/cromwell/call-files.js';
import type {
  CromwellClient,
  WorkflowCall,
  WorkflowMetadata,
} from '../../../clients/cromwell/cromwell-client.js';
import { CromwellError } from '../../../clients/cromwell/cromwell-error.js';
import type { EventLog } from '../../../shared/event-log.js';
import { Semaphore } from '../../../shared/semaphore.js';
import { MAX_INTERVAL_MS, MIN_INTERVAL_MS, SHARE } from '../batch-api/shared-poll.js';
import { RUN_LABEL } from './cromwell-request.js';
import { callOf, LIVE_STATUSES, type SeenWorkflow } from './cromwell-status.js';

const DEADLINE_MS = 10_000;
const MAX_ASKED = 200;
const AT_ONCE = 8;
/** So long a new workflow may take to be known. */
const NEW_MS = 60_000;
/** Between two questions about one that is not known and will hardly be, in milliseconds. */
const UNKNOWN_PACE_MS = 60_000;
const MAX_KEPT = 20_000;
const MAX_CALLS_READ = 8;
const READ_DEADLINE_MS = 2_000;

/** What Cromwell has said of a workflow that its query did not list. */
export interface ToldWorkflow {
  readonly seen?: SeenWorkflow;
  /** When its end was heard of, by the monotonic clock. */
  readonly endedAt?: number;
  /** Since when and until when Cromwell says that it does not know it. */
  readonly unknown?: { readonly since: number; readonly until: number };
  /** It is not asked for earlier. */
  readonly askAt: number;
}

/** A worker that was begun by another workflow than the one of its record. */
interface Dispute {
  readonly id: string;
  readonly worker: number;
  /** Number of the batch system of what has begun it. */
  readonly job: string;
  readonly run: string | undefined;
}

/**
 * What a query does not list has ended, has not appeared yet, or was forgotten: each is asked for by
 * itself, several at once, and what one answer says is kept whatever becomes of the next.
 */
export class UnlistedWorkflows {
  private readonly told = new Map<string, ToldWorkflow>();
  /** By whether its worker has begun. */
  private readonly wanted = new Map<string, boolean>();
  private readonly disputes = new Map<string, Dispute>();
  /** The workflow that counts for a worker that was disputed. */
  private readonly settled = new Map<string, string>();
  private isAsking = false;
  private restUntil = -Infinity;

  constructor(
    private readonly client: Pick<CromwellClient, 'query' | 'metadata'>,
    private readonly log: EventLog,
    private readonly now: () => number,
  ) {}

  /** What is known; the next round asks for what may still change. */
  want(id: string, hasLaunched: boolean): ToldWorkflow | undefined {
    const told = this.told.get(id);
    if (told === undefined || this.now() >= told.askAt) this.wanted.set(id, hasLaunched);
    return told;
  }

  /** A query lists it. */
  forget(id: string): void {
    this.told.delete(id);
    this.wanted.delete(id);
  }

  /** @returns the workflow that counts for a worker, once that is known */
  counting(id: string, worker: number): string | undefined {
    return this.settled.get(`${id}:${worker}`);
  }

  dispute(id: string, worker: number, job: string, metadata: WorkflowMetadata | undefined): void {
    const run = metadata?.labels?.[RUN_LABEL];
    this.disputes.set(`${id}:${worker}`, { id, worker, job, run });
  }

  /** One round, unless one is under way or the server has had enough of us. Never throws. */
  async ask(): Promise<void> {
    const began = this.now();
    if (this.isAsking || began < this.restUntil) return;
    if (this.wanted.size === 0 && this.disputes.size === 0) return;
    this.isAsking = true;
    for (const kept of [this.told, this.settled]) if (kept.size > MAX_KEPT) kept.clear();
    const isFaulty = await this.askAll(AbortSignal.timeout(DEADLINE_MS));
    this.isAsking = false;
    const took = this.now() - began;
    const rest = Math.min(took * SHARE, MAX_INTERVAL_MS);
    this.restUntil = began + (isFaulty ? Math.max(rest, MIN_INTERVAL_MS) : rest);
  }

  /** @returns whether the server does not answer */
  private async askAll(signal: AbortSignal): Promise<boolean> {
    const turns = new Semaphore(AT_ONCE);
    let isAway = false;
    const inTurn = (task: () => Promise<void>): Promise<void> =>
      turns
        .run(() => (isAway ? Promise.resolve() : task()), signal)
        .catch((error: unknown) => {
          // A refusal is about one workflow; the others are asked for.
          isAway ||= !(error instanceof CromwellError) || error.status === undefined;
        });
    const ids = [...this.wanted.keys()].slice(0, MAX_ASKED);
    const disputes = [...this.disputes].slice(0, MAX_ASKED);
    await Promise.all([
      ...ids.map((id) => inTurn(() => this.askFor(id, signal))),
      ...disputes.map(([key, dispute]) => inTurn(() => this.settle(key, dispute, signal))),
    ]);
    return isAway;
  }

  private async askFor(id: string, signal: AbortSignal): Promise<void> {
    const hasLaunched = this.wanted.get(id) === true;
    // Whoever misses it still wants it again, behind the others.
    this.wanted.delete(id);
    const metadata = await this.client.metadata(id, signal);
    const now = this.now();
    if (metadata === undefined) {
      const since = this.told.get(id)?.unknown?.since ?? now;
      const isNew = !hasLaunched && now - since < NEW_MS;
      const askAt = isNew ? now : now + UNKNOWN_PACE_MS;
      this.told.set(id, { unknown: { since, until: now }, askAt });
      return;
    }
    const { status } = metadata;
    if (LIVE_STATUSES.includes(status)) {
      this.told.set(id, { seen: { status }, askAt: now });
      return;
    }
    const words = await wordsOf(id, metadata);
    this.told.set(id, { seen: { status, metadata, words }, endedAt: now, askAt: Infinity });
  }

  /** Of several workflows of a run the one that has begun the worker counts, else the newest. */
  private async settle(key: string, dispute: Dispute, signal: AbortSignal): Promise<void> {
    const { id, worker, job, run } = dispute;
    this.disputes.delete(key);
    const found =
      run === undefined ? [] : await this.client.query({ [RUN_LABEL]: run }, [], signal);
    if (found.every((other) => other.id === id)) {
      this.settled.set(key, id);
      return;
    }
    const told = await Promise.all(found.map((other) => this.client.metadata(other.id, signal)));
    const beginner = told.find((metadata) => callOf(metadata, worker)?.jobId === job);
    const counts = beginner?.id ?? found[0]?.id ?? id;
    const workflows = found.map((other) => other.id);
    warnOfSeveral(this.log, run, workflows, counts);
    this.settled.set(key, counts);
  }
}

/** An answer to a submission was lost, and a query did not show it in time either. */
export function warnOfSeveral(
  log: EventLog,
  run: string | undefined,
  workflows: readonly string[],
  counts: string | undefined,
): void {
  log.warn('a job has several workflows in Cromwell, of which one counts', {
    run,
    workflows,
    counts,
  });
}

/** Of the calls that failed: what their records do not say. */
async function wordsOf(
  id: string,
  { status, calls = {} }: WorkflowMetadata,
): Promise<ReadonlyMap<number, string>> {
  if (status === 'Succeeded') return new Map();
  const failed = Object.values(calls)
    .flat()
    .filter(({ executionStatus }) => executionStatus === 'Failed');
  const read = async (call: WorkflowCall): Promise<[number, string]> => [
    call.shardIndex ?? -1,
    // Storage that hangs must not keep the answer back.
    await Promise.race([readCallWords(id, call), sleep(READ_DEADLINE_MS, '', { ref: false })]),
  ];
  return new Map(await Promise.all(failed.slice(0, MAX_CALLS_READ).map(read)));
}
