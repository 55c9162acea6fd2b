/** A call of the Kubernetes API that failed: without an answer, or with an answer that is an error. */
export class KubernetesError extends Error {
  constructor(
    /** The HTTP status of the answer; absent when there was none. */
    readonly status: number | undefined,
    /** The API server's own sentence, or what happened to the connection. */
    readonly words: string,
    /** False when the request certainly never reached the API server. */
    readonly mayHaveActed: boolean,
    cause?: unknown,
    /** The word of the API for the kind of refusal, such as `AlreadyExists`. */
    readonly reason = '',
  ) {
    super(words, { cause });
    this.name = 'KubernetesError';
  }
}

const MAX_WORDS = 2_000;
/** The reason of an error that is of one node only; no word of the API. */
export const NODE_SILENT = 'NodeSilent';
const TOO_LONG = 'an answer of the cluster is too long';
const LATE = 'the cluster did not answer in time';
/** Where the API server asks a node for a log. */
const NODE_PATH = '/containerLogs/';

/** Errors of the connection itself: nothing was sent. */
const NOT_SENT = new Set([
  'ENOENT',
  'ECONNREFUSED',
  'EACCES',
  'EHOSTUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'UND_ERR_CONNECT_TIMEOUT',
]);
const UNTRUSTED = /CERT|SELF_SIGNED|UNABLE_TO_(?:GET|VERIFY)|ERR_TLS|ERR_SSL/;

/** Of an answer that is an error. Source: meta/v1 `Status`. */
export function answeredError(status: number, body: string): KubernetesError {
  const { message, reason } = parseStatus(body);
  const words = (message ?? '').trim().slice(0, MAX_WORDS);
  return new KubernetesError(
    status,
    words === '' ? `status ${status}` : words,
    status >= 500,
    undefined,
    reason ?? '',
  );
}

/** Of whatever a request threw. */
export function toKubernetesError(error: unknown): KubernetesError {
  if (error instanceof KubernetesError) return error;
  const { name = '', code = '' } = (error ?? {}) as { name?: string; code?: string };
  if (['AbortError', 'TimeoutError', 'RequestAbortedError'].includes(name)) {
    return new KubernetesError(undefined, LATE, true, error);
  }
  if (isUntrusted(error)) {
    const words = "the cluster's certificate is not trusted";
    return new KubernetesError(undefined, words, false, error);
  }
  const sent = !NOT_SENT.has(code);
  const words = sent ? 'the connection to the cluster broke' : 'the cluster cannot be reached';
  return new KubernetesError(undefined, words, sent, error);
}

export function tooLong(): KubernetesError {
  return new KubernetesError(undefined, TOO_LONG, true);
}

export function isTooLong(error: unknown): boolean {
  return error instanceof KubernetesError && error.words === TOO_LONG;
}

/** Whether what a request threw says that nobody vouches for the API server, or for us. */
export function isUntrusted(error: unknown): boolean {
  const { code = '' } = (error ?? {}) as { code?: string };
  return UNTRUSTED.test(code);
}

/** Whether a log was not to be had for its node: the API server says that it could not ask it. */
export function isOfNode(error: unknown): error is KubernetesError {
  if (!(error instanceof KubernetesError)) return false;
  const { status = 0, words } = error;
  return status >= 500 && words.includes(NODE_PATH);
}

/** Whether nothing came in time, be it for a node, for the API server or for what lies between. */
export function isLate(error: unknown): boolean {
  return error instanceof KubernetesError && error.status === undefined && error.words === LATE;
}

export function silentNode({ status, mayHaveActed, cause }: KubernetesError): KubernetesError {
  return new KubernetesError(status, 'its node does not answer', mayHaveActed, cause, NODE_SILENT);
}

function parseStatus(body: string): { message?: string; reason?: string } {
  try {
    const { message, reason } = JSON.parse(body) as Record<string, unknown>;
    return {
      ...(typeof message === 'string' && { message }),
      ...(typeof reason === 'string' && { reason }),
    };
  } catch {
    return { message: body };
  }
}
