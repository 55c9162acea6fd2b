import { registerDecorator } from 'class-validator';
import type { IdRange, UserRange } from '../jobs/domain/job-policy.js';

const YES = new Set(['yes', 'y', 'true', 't', 'on', '1']);
const NO = new Set(['no', 'n', 'false', 'f', 'off', '0']);
const RANGE = /^(\d{1,10})(?:-(\d{1,10}))?$/;
/** The largest user or group number; 4294967295 means "unchanged" to the kernel. */
const MAX_ID = 4_294_967_294;

/** `undefined` where the text is neither yes nor no. */
export function parseYesOrNo(text: string): boolean | undefined {
  const word = text.trim().toLowerCase();
  if (YES.has(word)) return true;
  return NO.has(word) ? false : undefined;
}

/** Parses `key=value,key=value`; `undefined` where a pair has no key or no equals sign. */
export function parseKeyValueList(text: string): Readonly<Record<string, string>> | undefined {
  const entries: [string, string][] = [];
  for (const pair of text.split(',')) {
    if (pair.trim() === '') continue;
    const equals = pair.indexOf('=');
    const key = pair.slice(0, equals).trim();
    if (equals < 0 || key === '') return undefined;
    entries.push([key, pair.slice(equals + 1).trim()]);
  }
  return Object.fromEntries(entries);
}

/** Parses one side of `UID:GID`: a number, a range `LOW-HIGH`, or empty. */
function parseIdRange(text: string): IdRange | undefined | 'invalid' {
  if (text === '') return undefined;
  const match = RANGE.exec(text);
  if (match === null) return 'invalid';
  const low = Number(match[1]);
  const high = Number(match[2] ?? match[1]);
  return low > high || high > MAX_ID ? 'invalid' : { low, high };
}

/** Parses `UID:GID` with optional parts and ranges; `undefined` where it is neither. */
export function parseContainerUser(text: string): UserRange | undefined {
  const parts = text.split(':').map(parseIdRange);
  const [uid, gid] = parts;
  if (parts.length !== 2 || uid === 'invalid' || gid === 'invalid') return undefined;
  return { uid, gid };
}

/** Gives a number for decimal digits with an optional sign; anything else as it was. */
export function integerFromText(value: unknown): unknown {
  return typeof value === 'string' && /^[+-]?\d{1,15}$/.test(value.trim())
    ? Number(value.trim())
    : value;
}

function rule(
  name: string,
  message: string,
  accepts: (text: string) => boolean,
): PropertyDecorator {
  return (target, key) => {
    registerDecorator({
      name,
      target: target.constructor,
      propertyName: String(key),
      options: { message },
      validator: { validate: (value) => typeof value === 'string' && accepts(value) },
    });
  };
}

export const IsYesOrNo = (): PropertyDecorator =>
  rule('isYesOrNo', 'must be yes or no', (text) => parseYesOrNo(text) !== undefined);

export const IsKeyValueList = (): PropertyDecorator =>
  rule(
    'isKeyValueList',
    'must be key=value pairs separated by commas',
    (text) => parseKeyValueList(text) !== undefined,
  );

export const IsContainerUser = (): PropertyDecorator =>
  rule(
    'isContainerUser',
    `must be UID:GID, each empty, a number or a range LOW-HIGH up to ${MAX_ID}`,
    (text) => parseContainerUser(text) !== undefined,
  );

/** Parses JSON; `undefined` where the text is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

const isPlainObject = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const IsJsonObject = (): PropertyDecorator =>
  rule('isJsonObject', 'must be a JSON object', (text) => isPlainObject(parseJson(text)));

export const IsJsonArray = (): PropertyDecorator =>
  rule('isJsonArray', 'must be a JSON array of objects', (text) => {
    const value = parseJson(text);
    return Array.isArray(value) && value.every(isPlainObject);
  });

export const IsHttpUrl = (): PropertyDecorator =>
  rule('isHttpUrl', 'must be an http:// or https:// address', (text) => {
    const url = URL.parse(text);
    return url !== null && ['http:', 'https:'].includes(url.protocol);
  });
