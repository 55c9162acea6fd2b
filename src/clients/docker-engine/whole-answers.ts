import type Docker from 'dockerode';
import { addAbortSignal, type Readable } from 'node:stream';

interface DialOptions {
  readonly isStream?: boolean;
  readonly abortSignal?: AbortSignal;
}

type DialCallback = (error: unknown, answer?: unknown) => void;

interface Dialler {
  dial(options: DialOptions, callback: DialCallback): void;
}

/**
 * Makes a client read every answer that is a JSON document to its end, or fail. docker-modem by
 * itself never calls back for an answer that breaks off, and hands over half a document as a text.
 * Source: docker-modem `lib/modem.js`, `buildRequest`.
 */
export function readWholeAnswers(docker: Docker): Docker {
  const modem = docker.modem as Dialler;
  const dial = modem.dial.bind(modem);
  modem.dial = (options, callback) => {
    if (options.isStream === true) return dial(options, callback);
    dial({ ...options, isStream: true }, (error, answer) => {
      if (error) callback(error);
      else void answerWith(answer as Readable, options.abortSignal, callback);
    });
  };
  return docker;
}

async function answerWith(
  answer: Readable,
  signal: AbortSignal | undefined,
  callback: DialCallback,
): Promise<void> {
  let document: unknown;
  try {
    document = await readJson(answer, signal);
  } catch (error) {
    callback(error);
    return;
  }
  callback(null, document);
}

/** @returns `undefined` for an empty answer */
async function readJson(answer: Readable, signal: AbortSignal | undefined): Promise<unknown> {
  if (signal !== undefined) addAbortSignal(signal, answer);
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString('utf8');
  return text.trim() === '' ? undefined : (JSON.parse(text) as unknown);
}
