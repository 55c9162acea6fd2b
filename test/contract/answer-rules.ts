/** What an answer of the v1 API is before anybody has looked at it. */
export interface RawAnswer {
  readonly status: number;
  readonly body: unknown;
}

const JOB_KEYS = ['cmd', 'image', 'jid', 'logs', 'message', 'status', 'timestamp'];
/** `undefined` is missing on purpose: clients give a job up for it, and no case is a reason to. */
const STATUS_WORDS = new Set([
  'notstarted',
  'started',
  'finishedSuccessfully',
  'finishedWithError',
]);
const ISO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/;
/** A line of a stack, and the kinds of addresses that engines have. */
const INNARDS = /\n\s+at |\.js:\d|node_modules|unix:\/\/|\.sock\b/;

/**
 * Says what is wrong with an answer whatever was asked, or nothing.
 * @param secret a path that no client may learn from an error
 */
export function wrongInAnswer({ status, body }: RawAnswer, secret: string): string | undefined {
  if (status === 204) return body === '' ? undefined : 'a 204 has a body';
  if (status === 200 || status === 201) return wrongInJob(body, status);
  if (status < 400) return `the status ${status} is not one that clients know`;
  return wrongInError(body, secret);
}

function wrongInJob(body: unknown, status: number): string | undefined {
  if (!isRecord(body)) return 'a job is not a JSON object';
  if (Object.keys(body).toSorted().join() !== JOB_KEYS.join()) return 'a job has other keys';
  if (!Object.values(body).every((value) => typeof value === 'string')) {
    return 'a value of a job is not a text';
  }
  const { status: word, timestamp, logs } = body as Record<string, string>;
  if (!STATUS_WORDS.has(word ?? '')) return `the status "${word}" is not to be seen`;
  if (word === 'notstarted' && timestamp !== '') return 'a job has a time before its start';
  const neverStarted = word === 'notstarted' || (word === 'finishedWithError' && timestamp === '');
  if (!neverStarted && !ISO_TIME.test(timestamp ?? '')) return 'the time is not ISO 8601';
  return status === 201 && logs !== '' ? 'the answer to a POST has a log' : undefined;
}

function wrongInError(body: unknown, secret: string): string | undefined {
  if (!isRecord(body) || Object.keys(body).join() !== 'message') return 'an error has other keys';
  const { message } = body;
  const reasons = isRecord(message) ? Object.values(message) : [message];
  if (!reasons.every((reason) => typeof reason === 'string' && reason !== '')) {
    return 'an error has no reason in words';
  }
  const text = JSON.stringify(body);
  if (text.includes(secret)) return 'an error tells where the store lies';
  return INNARDS.test(reasons.join('\n')) ? "an error tells of the service's innards" : undefined;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
