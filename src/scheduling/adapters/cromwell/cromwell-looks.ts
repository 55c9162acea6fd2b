import { readFile } from 'node:fs/promises';
import type {
  CromwellClient,
  WorkflowMetadata,
} from '../../../clients/cromwell/cromwell-client.js';
import { MANAGED_BY, OWN_LABELS } from '../../domain/own-labels.js';
import type { BatchLook } from '../batch-api/batch-system.js';
import { LIVE_STATUSES, listedWorker, type SeenWorkflow } from './cromwell-status.js';

const MIN_INTERVAL_MS = 2_000;
const MAX_INTERVAL_MS = 30_000;
/** Cromwell may spend at most one part in this many of its time on us. */
const SHARE = 10;
const DEADLINE_MS = 10_000;
/** Beyond its interval a look counts as the newest for this long while another one is under way. */
const PATIENCE_MS = 3_000;
/** A workflow that Cromwell has not known for so long, and that never began, is lost. */
const LOST_AFTER_MS = 600_000;
const MAX_ASKED = 200;
const MAX_KEPT = 20_000;
const MAX_REFUSAL = 500;

/** One look at Cromwell for all jobs, shared by whoever wants to know. */
export class CromwellLooks {
  private latest: BatchLook | undefined;
  private flight: Promise<BatchLook> | undefined;
  private interval = MIN_INTERVAL_MS;
  /** Workflows that were not among the live ones. */
  private readonly missing = new Set<string>();
  private readonly ended = new Map<string, SeenWorkflow>();
  private readonly absentSince = new Map<string, number>();

  constructor(
    private readonly client: CromwellClient,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** The newest look, never much older than an interval. @throws CromwellError */
  async current(signal: AbortSignal): Promise<BatchLook> {
    const { latest } = this;
    const age = latest === undefined ? Infinity : this.now() - latest.asOf;
    if (latest !== undefined && age < this.interval) return latest;
    this.flight ??= this.look();
    // What the records say must not wait for what Cromwell says; a fault is told when it lasts.
    if (latest !== undefined && age < this.interval + PATIENCE_MS) return latest;
    return Promise.race([this.flight, untilAborted(signal)]);
  }

  private look(): Promise<BatchLook> {
    const flight = this.ask().finally(() => {
      this.flight = undefined;
    });
    // Not everybody waits for it.
    flight.catch(() => undefined);
    return flight;
  }

  private async ask(): Promise<BatchLook> {
    const asOf = this.now();
    const signal = AbortSignal.timeout(DEADLINE_MS);
    try {
      const listed = await this.client.query(
        { [OWN_LABELS.managedBy]: MANAGED_BY },
        LIVE_STATUSES,
        signal,
      );
      const live = new Map<string, SeenWorkflow>(listed.map(({ id, status }) => [id, { status }]));
      await this.askWhatIsMissing(live, signal);
      this.latest = this.toLook(asOf, live);
      return this.latest;
    } finally {
      const took = this.now() - asOf;
      this.interval = Math.min(Math.max(MIN_INTERVAL_MS, took * SHARE), MAX_INTERVAL_MS);
    }
  }

  private toLook(asOf: number, live: ReadonlyMap<string, SeenWorkflow>): BatchLook {
    return {
      asOf,
      listed: (id, _worker, _workers, facts) => {
        const seen = live.get(id) ?? this.ended.get(id);
        if (seen !== undefined) {
          this.absentSince.delete(id);
          return listedWorker(seen, facts);
        }
        this.missing.add(id);
        const since = this.absentSince.get(id) ?? asOf;
        this.absentSince.set(id, since);
        // Cromwell may have forgotten what its batch system has not: whatever began tells its own end.
        const isLost = asOf - since > LOST_AFTER_MS && facts.launched === undefined;
        return isLost ? 'lost' : 'absent';
      },
    };
  }

  /** The query lags behind the metadata: what it does not list may have ended, or not appeared yet. */
  private async askWhatIsMissing(
    live: Map<string, SeenWorkflow>,
    signal: AbortSignal,
  ): Promise<void> {
    for (const kept of [this.ended, this.absentSince]) if (kept.size > MAX_KEPT) kept.clear();
    const ids = [...this.missing].filter((id) => !live.has(id)).slice(0, MAX_ASKED);
    for (const id of ids) {
      const metadata = await this.client.metadata(id, signal);
      if (metadata === undefined) continue;
      const { status } = metadata;
      if (LIVE_STATUSES.includes(status)) live.set(id, { status });
      else this.ended.set(id, await withRefusal(metadata));
    }
    this.missing.clear();
  }
}

/** What the batch system said to a submission stands only in a file beside the call's output. */
async function withRefusal(metadata: WorkflowMetadata): Promise<SeenWorkflow> {
  const calls = Object.values(metadata.calls ?? {}).flat();
  const stderr = calls.find(({ jobId }) => jobId === undefined)?.stderr;
  const { status } = metadata;
  if (status !== 'Failed' || stderr === undefined) return { status, metadata };
  const text = await readFile(`${stderr}.submit`, 'utf8').catch(() => '');
  const refusal = text.trim().replaceAll(/\s+/g, ' ').slice(0, MAX_REFUSAL);
  return { status, metadata, ...(refusal !== '' && { refusal }) };
}

function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const end = (): void => reject(signal.reason as Error);
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
  });
}
