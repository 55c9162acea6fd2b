import type { FastifyRequest } from 'fastify';
import { DomainError, hasCode } from '../shared/domain-error.js';
import type { EventLog, LogFields } from '../shared/event-log.js';

/** Of an outage one record in this many milliseconds is enough, of each of its words. */
const OUTAGE_RECORD_EVERY_MS = 1_000;
/** Beyond so many words within that time they are not told apart. */
const MAX_WORDS = 10;

interface OutageRecord {
  readonly id: string;
  readonly until: number;
}

/**
 * Writes down which requests failed and why. Every poll of an outage fails for the same reason: they
 * share a record, whose id is in the answers of all of them.
 */
export class FailureLog {
  /** The records that are still shared, by their words. */
  private readonly outages = new Map<string, OutageRecord>();
  private unwritten = 0;

  constructor(
    private readonly log: EventLog,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** What the service, its backend or its store is to blame for. @returns the id to be found by */
  failed(error: unknown, request: FastifyRequest): string {
    const fields = { ...fieldsOf(request), error };
    if (hasCode(error, 'BackendUnavailable') && !request.raw.socket.destroyed) {
      return this.unanswered(error, fields, request.id);
    }
    if (!(error instanceof DomainError)) this.log.error('request failed', fields);
    else if (request.raw.socket.destroyed) this.log.debug('request abandoned', fields);
    else this.log.warn('request failed', fields);
    return request.id;
  }

  /** What the client has to mend. */
  refused(status: number, request: FastifyRequest): void {
    this.log.debug('request refused', { ...fieldsOf(request), status });
  }

  private unanswered(error: DomainError, fields: LogFields, id: string): string {
    const now = this.now();
    for (const [words, { until }] of this.outages) if (now >= until) this.outages.delete(words);
    const newest = this.outages.size < MAX_WORDS ? undefined : [...this.outages.values()].at(-1);
    const known = this.outages.get(wordsOf(error)) ?? newest;
    if (known !== undefined) {
      this.unwritten += 1;
      return known.id;
    }
    // So many failed like one of the records before this one.
    this.log.warn('request failed', { ...fields, alike: this.unwritten });
    this.unwritten = 0;
    this.outages.set(wordsOf(error), { id, until: now + OUTAGE_RECORD_EVERY_MS });
    return id;
  }
}

function wordsOf({ message, cause }: DomainError): string {
  return cause instanceof Error ? `${message}: ${cause.message}` : message;
}

/** Never the body: it holds arguments and values of variables. */
function fieldsOf({ id, method, params, body }: FastifyRequest): LogFields {
  const jid = textAt(params, 'jid') ?? textAt(body, 'jid');
  return { request: id, method, ...(jid !== undefined && { jid }) };
}

function textAt(value: unknown, key: string): string | undefined {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
  const text = (value as Readonly<Record<string, unknown>>)[key];
  return typeof text === 'string' ? text : undefined;
}
