import { describe, expect, it } from 'vitest';
import { parseJson } from './json-body.js';

const nested = (depth: number, open = '[', close = ']'): Buffer =>
  Buffer.from(open.repeat(depth) + close.repeat(depth));

describe('a body', () => {
  it.each<[string, unknown]>([
    ['{"a":1}', { a: 1 }],
    ['  {"a" : [1, "é", null]}\n', { a: [1, 'é', null] }],
    ['{"a":1,"a":2}', { a: 2 }],
    ['{"a":1e308}', { a: 1e308 }],
    ['"text"', 'text'],
    ['null', null],
    ['"[[[[[[[[[[[[[[[[[[[["', '[[[[[[[[[[[[[[[[[[[['],
    ['"\\"[[[[[[[[[[[[[[[[[[[["', '"[[[[[[[[[[[[[[[[[[[['],
    ['"\\\\"', '\\'],
  ])('%s is read', (text, value) => {
    expect(parseJson(Buffer.from(text))).toEqual(value);
  });

  it('may begin with a byte order mark', () => {
    expect(parseJson(Buffer.from('\ufeff{"a":1}'))).toEqual({ a: 1 });
  });

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['blank', Buffer.from('  ')],
    ['cut', Buffer.from('{"a":')],
    ['a quote that never ends', Buffer.from('"abc\\')],
    ['two documents', Buffer.from('{}{}')],
    ['a comma too many', Buffer.from('{"a":1,}')],
    ['single quotes', Buffer.from("{'a':1}")],
    ['NaN', Buffer.from('{"a":NaN}')],
    ['Infinity', Buffer.from('[Infinity]')],
    ['a control character', Buffer.from('{"a":"\n"}')],
    ['a NUL at the end', Buffer.from('{}\0')],
    ['UTF-16, little end first', Buffer.from('\ufeff{"a":1}', 'utf16le')],
    ['UTF-16 without a mark', Buffer.from('{"a":1}', 'utf16le')],
    ['Latin-1', Buffer.from('{"a":"é"}', 'latin1')],
    ['a surrogate in UTF-8', Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22])],
    ['an overlong slash', Buffer.from([0x22, 0xc0, 0xaf, 0x22])],
    ['a form', Buffer.from('a=1&b=2')],
  ])('that is %s is refused', (_words, body) => {
    expect(() => parseJson(body)).toThrow('the body is not valid JSON in UTF-8');
  });

  it('may be sixteen deep, not more', () => {
    expect(() => parseJson(nested(16))).not.toThrow();
    expect(() => parseJson(nested(17))).toThrow('the body is nested more than 16 deep');
    expect(() => parseJson(nested(17, '{"a":', '}'))).toThrow(
      'the body is nested more than 16 deep',
    );
  });

  it('of 500,000 levels is refused in a moment', () => {
    const began = performance.now();
    for (const body of [
      nested(500_000),
      nested(500_000, '{"a":', '}'),
      Buffer.from('['.repeat(500_000)),
    ]) {
      expect(() => parseJson(body)).toThrow('nested more than 16 deep');
    }
    expect(performance.now() - began).toBeLessThan(1_000);
  });

  it('does not change what objects are', () => {
    const value = parseJson(
      Buffer.from('{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}'),
    );
    expect(Object.keys(value as object)).toEqual(['__proto__', 'constructor']);
    expect({}).not.toHaveProperty('polluted');
  });
});
