import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { EngineChange } from '../checker/history.js';
import { LABEL_PREFIX, toObject, type Engine } from './engine.js';

const RECONNECT_MS = 50;
const FILTERS = encodeURIComponent(
  JSON.stringify({ type: ['container'], label: [`${LABEL_PREFIX}managed-by=pman`] }),
);

/** Podman calls the last one by another name. */
const KINDS: Readonly<Record<string, EngineChange['kind']>> = {
  create: 'create',
  start: 'start',
  die: 'die',
  destroy: 'destroy',
  remove: 'destroy',
};

type Change = Omit<EngineChange, 'seen'>;

interface EngineEvent {
  readonly status?: string;
  readonly id?: string;
  readonly Actor?: { readonly Attributes?: Readonly<Record<string, string>> };
}

/**
 * Follows the engine by a connection of its own that nobody harms. What an engine that was killed has
 * not told is made up for by a look at everything when it is back: late, but never wrong.
 */
export class Observer {
  private readonly seen: EngineChange[] = [];
  private readonly ended = new AbortController();

  constructor(private readonly engine: Engine) {
    void this.follow();
  }

  get changes(): readonly EngineChange[] {
    return this.seen;
  }

  stop(): void {
    this.ended.abort();
  }

  private async follow(): Promise<void> {
    const { signal } = this.ended;
    while (!signal.aborted) {
      await this.readStream(signal).catch(() => undefined);
      await sleep(RECONNECT_MS);
    }
  }

  private async readStream(signal: AbortSignal): Promise<void> {
    const { data, status } = await this.engine.http.get<Readable>(`/events?filters=${FILTERS}`, {
      responseType: 'stream',
      timeout: 0,
      signal,
    });
    if (status !== 200) return void data.destroy();
    void this.catchUp().catch(() => undefined);
    const lines = createInterface({ input: data });
    // An engine that is killed ends its stream with an error.
    data.once('error', () => lines.close());
    for await (const line of lines) this.take(line);
  }

  private take(line: string): void {
    const { status = '', id = '', Actor } = JSON.parse(line) as EngineEvent;
    const kind = KINDS[status];
    if (kind === undefined) return;
    const { exitCode, ...labels } = Actor?.Attributes ?? {};
    void this.addWhenShown({
      kind,
      id,
      jid: labels[`${LABEL_PREFIX}jid`] ?? '',
      worker: Number(labels[`${LABEL_PREFIX}worker`]),
      ...(kind === 'die' && { exitCode: Number(exitCode) }),
    });
  }

  /** dockerd tells of an end before it clears up after it, and its list shows the end after that only. */
  private async addWhenShown(change: Change): Promise<void> {
    if (change.kind === 'start' || change.kind === 'die') {
      await this.engine.http.get(`/containers/${change.id}/json`).catch(() => undefined);
    }
    this.add(change);
  }

  private async catchUp(): Promise<void> {
    const before = new Map(this.seen.map(({ id, jid, worker }) => [id, { id, jid, worker }]));
    const inspected = await this.engine.inspectOurs();
    const present = new Set(inspected.map(({ Id }) => Id));
    for (const { id, jid, worker } of before.values()) {
      if (!present.has(id)) this.add({ kind: 'destroy', id, jid, worker });
    }
    for (const container of inspected) {
      const { id, jid, worker, state, exitCode } = toObject(container, '');
      this.add({ kind: 'create', id, jid, worker });
      if (state !== 'created') this.add({ kind: 'start', id, jid, worker });
      if (exitCode !== undefined) this.add({ kind: 'die', id, jid, worker, exitCode });
    }
  }

  /** Only the first time counts. */
  private add(change: Change): void {
    if (this.seen.some(({ id, kind }) => id === change.id && kind === change.kind)) return;
    this.seen.push({ ...change, seen: performance.now() });
  }
}
