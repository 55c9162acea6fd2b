/** Writes one record an event. Fields must never hold environment values or secrets. */
export interface EventLog {
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
}

export type LogFields = Readonly<Record<string, unknown>>;

export const EVENT_LOG = Symbol('shared:EVENT_LOG');
