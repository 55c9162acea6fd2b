import type { LoggerService } from '@nestjs/common';
import { pino, type DestinationStream, type Logger } from 'pino';
import type { EventLog, LogFields } from '../shared/event-log.js';
import { LogOutput } from './log-output.js';

/** How much of each text is written, in characters: as much as leaves the record small enough. */
const TEXT_LIMITS = [1_000, 300, 100, 30] as const;
/** Of the fields and of the event, as JSON; with level and time a record stays below 4 kB. */
const MAX_FIELDS_BYTES = 2_800;
const MAX_EVENT_BYTES = 1_000;
const MAX_CAUSES = 3;
const MAX_FIELDS = 20;

/** One JSON line an event on standard output; also what Nest itself logs through. */
export class PinoEventLog implements EventLog, LoggerService {
  private readonly pino: Logger;

  constructor(level: string, destination: DestinationStream = new LogOutput()) {
    this.pino = pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, destination);
  }

  debug(event: string, fields?: unknown): void {
    this.write('debug', event, fields);
  }

  info(event: string, fields?: LogFields): void {
    this.write('info', event, fields);
  }

  /** Nest's word for `info`; its start-up chatter is for debugging. */
  log(event: string, fields?: unknown): void {
    this.write('debug', event, fields);
  }

  warn(event: string, fields?: unknown): void {
    this.write('warn', event, fields);
  }

  error(event: string, fields?: unknown): void {
    this.write('error', event, fields);
  }

  private write(level: 'debug' | 'info' | 'warn' | 'error', event: unknown, fields: unknown): void {
    if (!this.pino.isLevelEnabled(level)) return;
    const text = fit((limit) => cut(event, limit), MAX_EVENT_BYTES) ?? '';
    this.pino[level](fit((limit) => record(fields, limit), MAX_FIELDS_BYTES) ?? {}, text);
  }
}

/** The first form that is small enough as JSON: control and other characters take up to six bytes. */
function fit<T>(form: (limit: number) => T, maxBytes: number): T | undefined {
  return TEXT_LIMITS.map(form).find(
    (value) => Buffer.byteLength(JSON.stringify(value)) <= maxBytes,
  );
}

function cut(value: unknown, limit: number): string {
  return textOf(value).slice(0, limit);
}

/** Of an object only its kind is told, never what it holds. */
function textOf(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return value;
    case 'object':
    case 'function':
      return Object.prototype.toString.call(value);
    default:
      return String(value);
  }
}

/** Only plain fields are written; an error as its chain of messages and the first stack. */
function record(fields: unknown, limit: number): Record<string, unknown> {
  if (typeof fields === 'string') return { context: cut(fields, limit) };
  if (typeof fields !== 'object' || fields === null) return {};
  const entries = Object.entries(fields).slice(0, MAX_FIELDS);
  return Object.fromEntries(entries.map(([key, value]) => [cut(key, limit), plain(value, limit)]));
}

function plain(value: unknown, limit: number): unknown {
  if (value instanceof Error) return describeError(value, limit);
  if (Array.isArray(value)) return value.slice(0, MAX_FIELDS).map((item) => cut(item, limit));
  return typeof value === 'number' || typeof value === 'boolean' ? value : cut(value, limit);
}

function describeError(error: Error, limit: number): Record<string, unknown> {
  const causes: string[] = [];
  let cause: unknown = error.cause;
  while (cause instanceof Error && causes.length < MAX_CAUSES) {
    causes.push(cut(cause.message, limit));
    cause = cause.cause;
  }
  const { name, message, stack = '' } = error;
  return { name: cut(name, limit), message: cut(message, limit), causes, stack: cut(stack, limit) };
}
