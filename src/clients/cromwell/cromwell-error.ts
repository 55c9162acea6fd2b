import { isAxiosError } from 'axios';

const MAX_WORDS = 500;

/** Cromwell answered with an error, or not at all. */
export class CromwellError extends Error {
  constructor(
    /** What the server has to say, on one line. */
    readonly words: string,
    /** The HTTP status; absent where there was no answer, so that it may have acted all the same. */
    readonly status: number | undefined,
    /** Whether the answer has the form of Cromwell's own: a proxy before it answers in others. */
    readonly isItsOwn = false,
  ) {
    super(words);
    this.name = 'CromwellError';
  }
}

/** The error of the HTTP library is not kept: it carries the Authorization header. */
export function toCromwellError(error: unknown): CromwellError {
  if (error instanceof CromwellError) return error;
  if (!isAxiosError(error)) return new CromwellError('the call failed', undefined);
  if (error.response === undefined) {
    return new CromwellError(error.code ?? 'it does not answer', undefined);
  }
  const { status, data } = error.response;
  return new CromwellError(wordsOf(data) ?? `it answered ${status}`, status, hasItsForm(data));
}

/** Of what it knows of a workflow: `{"status": "fail", "message": ...}`, or "error". */
function hasItsForm(data: unknown): boolean {
  if (typeof data !== 'object' || data === null) return false;
  if (!('status' in data) || !('message' in data)) return false;
  return data.status === 'fail' || data.status === 'error';
}

function wordsOf(data: unknown): string | undefined {
  const isObject = typeof data === 'object' && data !== null && 'message' in data;
  const words: unknown = isObject ? data.message : data;
  // A proxy answers with a page.
  if (typeof words !== 'string' || /^\s*(?:<|$)/.test(words)) return undefined;
  return words.trim().replaceAll(/\s+/g, ' ').slice(0, MAX_WORDS);
}
