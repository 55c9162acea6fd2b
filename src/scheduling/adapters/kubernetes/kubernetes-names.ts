import { createHash } from 'node:crypto';
import type { JobName } from '../../domain/job-name.js';

/** Pods of an Indexed Job are named after it, with an index of up to four digits and a suffix. */
const MAX_LENGTH = 52;
const DNS_LABEL = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/;
const HASHED = /--[a-z2-7]{26}$/;
const HASH_CHARACTERS = 26;
const READABLE_CHARACTERS = 24;
const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';
const BITS = 5;

/**
 * The Job of a jid. A jid that is a name for Kubernetes is taken as it is; of any other the name has
 * what can be read of it and 130 bits of its digest. No jid that is taken as it is looks like such a
 * name, so no two jids share one. The way back is the Job's annotation, which has the jid itself.
 */
export function jobObjectName(jid: JobName): string {
  if (jid.length <= MAX_LENGTH && DNS_LABEL.test(jid) && !HASHED.test(jid)) return jid;
  const readable = jid
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, READABLE_CHARACTERS)
    .replace(/-+$/, '');
  return `${readable}--${digest(jid)}`;
}

/** Base 32 of the first 130 bits of a SHA-256. */
function digest(text: string): string {
  const bits = [...createHash('sha256').update(text).digest()]
    .map((byte) => byte.toString(2).padStart(8, '0'))
    .join('');
  return Array.from({ length: HASH_CHARACTERS }, (_, index) => {
    const group = bits.slice(index * BITS, (index + 1) * BITS);
    return ALPHABET[Number.parseInt(group, 2)] ?? '';
  }).join('');
}
