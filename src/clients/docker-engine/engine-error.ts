/** An engine call that failed: without an answer, or with an answer that is an error. */
export class EngineError extends Error {
  constructor(
    /** The HTTP status of the engine's answer; absent when there was none. */
    readonly status: number | undefined,
    /** The engine's own sentence, or what happened to the connection. */
    readonly words: string,
    /** False when the request certainly never reached the engine. */
    readonly mayHaveActed: boolean,
    cause: unknown,
  ) {
    super(words, { cause });
    this.name = 'EngineError';
  }

  /** Whether the connection broke, so that the answer, if there was one, is lost. */
  get isBroken(): boolean {
    return this.status === undefined && this.mayHaveActed;
  }
}

/** Errors of the connection itself: nothing was sent. */
const NOT_SENT = new Set([
  'ENOENT',
  'ECONNREFUSED',
  'EACCES',
  'EHOSTUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'CONNECT_TIMEOUT',
]);

/** A connection that was not made in time. */
export class ConnectTimeout extends Error {
  readonly code = 'CONNECT_TIMEOUT';

  constructor() {
    super('no connection in time');
  }
}

const UNREACHABLE: Readonly<Record<string, string>> = {
  EACCES: 'the service is not allowed to use the container engine',
};

interface ModemError {
  readonly statusCode?: number;
  readonly json?: { readonly message?: string; readonly cause?: string };
  readonly message?: string;
  readonly reason?: string;
  readonly code?: string;
}

/** Podman answers 500 with these words when a container goes while it is being looked at. */
const NO_SUCH_CONTAINER = /no such container/i;

/** Of streaming calls dockerode keeps the engine's sentence only as the end of its own. */
const MODEM_MESSAGE = /^\(HTTP code \d+\) .*? - (.*)$/s;

/** Translates what dockerode throws. Source: docker-modem `lib/modem.js`, `buildPayload`. */
export function toEngineError(error: unknown): EngineError {
  if (error instanceof EngineError) return error;
  const { statusCode, json, message = '', reason, code }: ModemError = error ?? {};
  if (statusCode !== undefined) {
    const words =
      json?.message ?? MODEM_MESSAGE.exec(message)?.[1] ?? reason ?? `status ${statusCode}`;
    const status = NO_SUCH_CONTAINER.test(words) ? 404 : statusCode;
    return new EngineError(status, words.trim(), status >= 500, error);
  }
  if (isAbort(error))
    return new EngineError(undefined, 'the container engine did not answer in time', true, error);
  const sent = code === undefined || !NOT_SENT.has(code);
  const words = sent
    ? 'the connection to the container engine broke'
    : (UNREACHABLE[code] ?? 'the container engine cannot be reached');
  return new EngineError(undefined, words, sent, error);
}

/** Whether there is a socket file and nobody listens at it: the engine ended, or left this file. */
export function isDeadSocket({ cause }: EngineError): boolean {
  const { code, port }: NodeJS.ErrnoException & { readonly port?: number } = Object(cause);
  return code === 'ECONNREFUSED' && port === undefined;
}

/** Whether the socket is there and closed to this user. */
export function isForbidden({ cause }: EngineError): boolean {
  return (Object(cause) as NodeJS.ErrnoException).code === 'EACCES';
}

/** Docker's 409 to the removal of a container that runs, and Podman's 500. */
export function isRunningRefusal(error: unknown): boolean {
  if (!(error instanceof EngineError)) return false;
  return error.status === 409 || /cannot be removed without force/i.test(error.words);
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && ['AbortError', 'TimeoutError'].includes(error.name);
}
