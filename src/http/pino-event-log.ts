import type { LoggerService } from '@nestjs/common';
import { pino, type DestinationStream, type Logger } from 'pino';
import type { EventLog, LogFields } from '../shared/event-log.js';

/** The longest text in a record, so that a record stays below 4 kB. */
const MAX_TEXT = 1_000;
const MAX_CAUSES = 3;

/** One JSON line an event on standard output; also what Nest itself logs through. */
export class PinoEventLog implements EventLog, LoggerService {
  private readonly pino: Logger;

  constructor(level: string, destination?: DestinationStream) {
    const options = { level, base: null, timestamp: pino.stdTimeFunctions.isoTime };
    this.pino = destination === undefined ? pino(options) : pino(options, destination);
  }

  debug(event: string, fields?: unknown): void {
    this.pino.debug(record(fields), cut(event));
  }

  info(event: string, fields?: LogFields): void {
    this.pino.info(record(fields), cut(event));
  }

  /** Nest's word for `info`; its start-up chatter is for debugging. */
  log(event: string, fields?: unknown): void {
    this.pino.debug(record(fields), cut(event));
  }

  warn(event: string, fields?: unknown): void {
    this.pino.warn(record(fields), cut(event));
  }

  error(event: string, fields?: unknown): void {
    this.pino.error(record(fields), cut(event));
  }
}

function cut(text: unknown): string {
  return String(text).slice(0, MAX_TEXT);
}

/** Only plain fields are written; an error as its chain of messages and the first stack. */
function record(fields: unknown): Record<string, unknown> {
  if (typeof fields === 'string') return { context: cut(fields) };
  if (typeof fields !== 'object' || fields === null) return {};
  return Object.fromEntries(
    Object.entries(fields).map(([key, value]) => [
      key,
      value instanceof Error ? describeError(value) : typeof value === 'string' ? cut(value) : value,
    ]),
  );
}

function describeError(error: Error): Record<string, unknown> {
  const causes: string[] = [];
  let cause: unknown = error.cause;
  while (cause instanceof Error && causes.length < MAX_CAUSES) {
    causes.push(cut(cause.message));
    cause = cause.cause;
  }
  return { name: error.name, message: cut(error.message), causes, stack: cut(error.stack ?? '') };
}
