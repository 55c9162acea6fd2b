/** Every way a use case can fail, by name. `http/error-status.ts` maps each to one HTTP status. */
export type ErrorCode =
  | 'InvalidRequest'
  | 'JobNotFound'
  | 'JobConflict'
  | 'NameTaken'
  | 'ImageUnavailable'
  | 'JobRefused'
  | 'StorageUnavailable'
  | 'BackendUnavailable'
  | 'BackendBusy'
  | 'BackendError';

export interface DomainErrorOptions {
  /** Reason per request field, for errors that name fields. */
  readonly fields?: Readonly<Record<string, string>>;
  /** True when the same call may succeed later without a change by the caller. */
  readonly retryable?: boolean;
  /** In how many seconds the same call may succeed at the earliest, where the other side has said so. */
  readonly retryAfter?: number | undefined;
  readonly cause?: unknown;
}

/**
 * The one error type that crosses a port. `message` is written for the user of the API: a sentence
 * without stack, host path beyond what the caller sent, or engine address.
 */
export class DomainError extends Error {
  readonly fields: Readonly<Record<string, string>> | undefined;
  readonly retryable: boolean;
  readonly retryAfter: number | undefined;

  constructor(
    readonly code: ErrorCode,
    message: string,
    options: DomainErrorOptions = {},
  ) {
    super(message, { cause: options.cause });
    this.name = code;
    this.fields = options.fields;
    this.retryable = options.retryable ?? false;
    this.retryAfter = options.retryAfter;
  }
}

/** A request error about one or more fields. */
export function invalidFields(fields: Readonly<Record<string, string>>): DomainError {
  const sentence = Object.entries(fields)
    .map(([field, reason]) => `${field}: ${reason}`)
    .join('; ');
  return new DomainError('InvalidRequest', sentence, { fields });
}

export function hasCode(error: unknown, code: ErrorCode): error is DomainError {
  return error instanceof DomainError && error.code === code;
}
