import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseJobName } from './job-name.js';

describe('a job name', () => {
  it.each([
    'chris-jid-8',
    'CHRIS_JID_8',
    'a',
    '0',
    'a.b',
    'a-',
    'a'.repeat(200),
    'chris-jid-8'.repeat(10),
  ])('may be %s', (text) => {
    expect(parseJobName(text)).toBe(text);
  });

  it.each([
    '',
    '.',
    '..',
    '-a',
    '_a',
    '.a',
    'a..b',
    'a/b',
    'a%2fb',
    '%2f',
    'a,b',
    'a=b',
    'a!b',
    'a b',
    'a\n',
    'a\0',
    'ä',
    'a:b',
    'a?b',
    'a#b',
    'a'.repeat(201),
    'a'.repeat(1_000_000),
  ])('is not %j', (text) => {
    expect(parseJobName(text)).toBeUndefined();
  });

  it('needs no escape in a URL, a label selector or a file name', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const name = parseJobName(text);
        if (name === undefined) return;
        expect(encodeURIComponent(name)).toBe(name);
        expect(name).toMatch(/^[A-Za-z0-9]/);
        expect(name).not.toContain('..');
      }),
    );
  });
});
