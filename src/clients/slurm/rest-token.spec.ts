import { describe, expect, it } from 'vitest';
import { parseToken, readToken } from './rest-token.js';

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const tokenOf = (claims: unknown): string => `${encode({ alg: 'HS256' })}.${encode(claims)}.c2ln`;

describe('a token for slurmrestd', () => {
  it('says whose it is and when it expires', () => {
    const text = tokenOf({ sun: 'chris', exp: 1_795_438_282 });
    expect(parseToken(text)).toEqual({ text, user: 'chris', expiresAt: 1_795_438_282 });
  });

  it('may be what `scontrol token` prints', () => {
    const text = tokenOf({ sun: 'chris' });
    expect(parseToken(`SLURM_JWT=${text}\n`).text).toBe(text);
  });

  it.each(['', 'secret-word', 'secret.word.x', 'a.b\r\nX-Other: c.d', tokenOf(7)])(
    'that is none is told without a word of it: %j',
    (text) => {
      expect(() => parseToken(text)).toThrow(/^the token \(JWT\) is not one$/);
    },
  );

  it('whose file is not there is told without its path', async () => {
    await expect(readToken({ file: '/nowhere/token' })).rejects.toThrow(
      /^the file of the token \(JWT\) cannot be read$/,
    );
  });
});
