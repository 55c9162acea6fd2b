import type { FastifyRequest } from 'fastify';
import { DomainError, hasCode } from '../shared/domain-error.js';
import type { EventLog, LogFields } from '../shared/event-log.js';

/** Of an outage one record in this many milliseconds is enough. */
const OUTAGE_RECORD_EVERY_MS = 1_000;

/**
 * Writes down which requests failed and why. Every poll of an outage fails for the same reason: they
 * share a record, whose id is in the answers of all of them.
 */
export class FailureLog {
  private sharedId = '';
  private sharedUntil = -Infinity;
  private unwritten = 0;

  constructor(
    private readonly log: EventLog,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** What the service, its backend or its store is to blame for. @returns the id to be found by */
  failed(error: unknown, request: FastifyRequest): string {
    const fields = { ...fieldsOf(request), error };
    if (!(error instanceof DomainError)) this.log.error('request failed', fields);
    else if (request.raw.socket.destroyed) this.log.debug('request abandoned', fields);
    else if (hasCode(error, 'BackendUnavailable')) return this.unanswered(fields, request.id);
    else this.log.warn('request failed', fields);
    return request.id;
  }

  /** What the client has to mend. */
  refused(status: number, request: FastifyRequest): void {
    this.log.debug('request refused', { ...fieldsOf(request), status });
  }

  private unanswered(fields: LogFields, id: string): string {
    if (this.now() < this.sharedUntil) {
      this.unwritten += 1;
      return this.sharedId;
    }
    // `alike` failed since the record before this one.
    this.log.warn('request failed', { ...fields, alike: this.unwritten });
    this.unwritten = 0;
    this.sharedId = id;
    this.sharedUntil = this.now() + OUTAGE_RECORD_EVERY_MS;
    return id;
  }
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
