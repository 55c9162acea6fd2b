import { readFile } from 'node:fs/promises';
import { SlurmError } from './slurm-error.js';
import { isObject } from './rest-messages.js';

/** Where the token comes from; a file is read at each call, because tokens expire. */
export type TokenSource = { readonly token: string } | { readonly file: string };

export interface SlurmToken {
  readonly text: string;
  /** `sun`: whose jobs it lets submit. */
  readonly user: string | undefined;
  /** `exp`, in seconds since 1970. */
  readonly expiresAt: number | undefined;
}

const MAX_BYTES = 16 * 1024;
/** What `scontrol token` prints may lie in the file as it is. */
const PREFIX = /^SLURM_JWT=/;
const SHAPE = /^[\w-]+\.([\w-]+)\.[\w-]+$/;

/** @throws SlurmError whose words never hold any of the token */
export async function readToken(source: TokenSource): Promise<SlurmToken> {
  return parseToken('token' in source ? source.token : await readTokenFile(source.file));
}

/** Its signature is for SLURM to judge. @throws SlurmError */
export function parseToken(text: string): SlurmToken {
  const token = text.trim().replace(PREFIX, '');
  const claims = claimsOf(SHAPE.exec(token)?.[1] ?? '');
  if (claims === undefined) throw new SlurmError('the token (JWT) is not one', false);
  const { sun: user, exp } = claims;
  return {
    text: token,
    user: typeof user === 'string' && user !== '' ? user : undefined,
    expiresAt: typeof exp === 'number' && Number.isFinite(exp) ? exp : undefined,
  };
}

function claimsOf(payload: string): Record<string, unknown> | undefined {
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
    return isObject(claims) ? claims : undefined;
  } catch {
    return undefined;
  }
}

async function readTokenFile(file: string): Promise<string> {
  try {
    const text = await readFile(file, 'utf8');
    return text.slice(0, MAX_BYTES);
  } catch (cause) {
    throw new SlurmError('the file of the token (JWT) cannot be read', false, { cause });
  }
}
