import type { FastifyInstance } from 'fastify';
import { DomainError } from '../shared/domain-error.js';

/** The largest body, in bytes: engines' authorisation plug-ins do not look beyond this either. */
const MAX_BODY_BYTES = 1024 * 1024;
const MAX_DEPTH = 16;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPENING = new Set([0x5b, 0x7b]);
const CLOSING = new Set([0x5d, 0x7d]);

/** Makes `application/json` the only body that is read; every other type is answered with 415. */
export function acceptOnlyJson(fastify: FastifyInstance): void {
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser(
    'application/json',
    { parseAs: 'buffer', bodyLimit: MAX_BODY_BYTES },
    (_request, body, done) => {
      try {
        // A DELETE may name a type and send nothing; a POST's absent body is refused by its pipe.
        done(null, body.length === 0 ? undefined : parseJson(body as Buffer));
      } catch (error) {
        done(error as Error);
      }
    },
  );
}

/** @throws DomainError `InvalidRequest` for what is not UTF-8, not JSON, or nested too deeply. */
export function parseJson(body: Buffer): unknown {
  if (isTooDeep(body)) {
    throw new DomainError('InvalidRequest', `the body is nested more than ${MAX_DEPTH} deep`);
  }
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body)) as unknown;
  } catch (cause) {
    throw new DomainError('InvalidRequest', 'the body is not valid JSON in UTF-8', { cause });
  }
}

/** Measures before parsing, without recursion: the parser itself fails on deep nesting. */
function isTooDeep(body: Buffer): boolean {
  let depth = 0;
  let inString = false;
  for (let index = 0; index < body.length; index += 1) {
    const byte = body[index] ?? 0;
    if (inString) {
      if (byte === BACKSLASH) index += 1;
      else if (byte === QUOTE) inString = false;
    } else if (byte === QUOTE) {
      inString = true;
    } else if (OPENING.has(byte)) {
      depth += 1;
      if (depth > MAX_DEPTH) return true;
    } else if (CLOSING.has(byte)) {
      depth -= 1;
    }
  }
  return false;
}
