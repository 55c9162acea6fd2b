import { createHash } from 'node:crypto';

const READABLE_LENGTH = 60;
const DIGEST_LENGTH = 32;

/**
 * A job's name as a directory name: readable, short, safe for any text and different for names that
 * differ in case only. The record inside holds the name itself.
 */
export function recordName(name: string): string {
  const readable = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, READABLE_LENGTH);
  const digest = createHash('sha256').update(name).digest('hex').slice(0, DIGEST_LENGTH);
  return `${readable}.${digest}`;
}
