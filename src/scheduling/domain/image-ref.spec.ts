import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseImageRef, splitImageRef } from './image-ref.js';

const HEX = '0123456789abcdef'.repeat(4);

describe('an image reference', () => {
  it.each([
    ['alpine', undefined, 'alpine', undefined, undefined],
    ['alpine:3.20', undefined, 'alpine', '3.20', undefined],
    ['fnndsc/pl-simpledsapp', undefined, 'fnndsc/pl-simpledsapp', undefined, undefined],
    ['docker.io/fnndsc/pl-x:2.1.0', 'docker.io', 'fnndsc/pl-x', '2.1.0', undefined],
    ['localhost/a', 'localhost', 'a', undefined, undefined],
    ['localhost:5000/a/b:c', 'localhost:5000', 'a/b', 'c', undefined],
    ['registry:5000/a', 'registry:5000', 'a', undefined, undefined],
    ['127.0.0.1:5000/a', '127.0.0.1:5000', 'a', undefined, undefined],
    ['[::1]:5000/a', '[::1]:5000', 'a', undefined, undefined],
    ['Registry.Example/a', 'Registry.Example', 'a', undefined, undefined],
    ['ghcr.io/a/b/c/d', 'ghcr.io', 'a/b/c/d', undefined, undefined],
    ['a.b/c', 'a.b', 'c', undefined, undefined],
    ['a__b/c-d.e_f---g', undefined, 'a__b/c-d.e_f---g', undefined, undefined],
    ['a:_Tag.x-1', undefined, 'a', '_Tag.x-1', undefined],
    [`a@sha256:${HEX}`, undefined, 'a', undefined, `sha256:${HEX}`],
    [`x.y:1/a:t@sha512:${HEX}${HEX}`, 'x.y:1', 'a', 't', `sha512:${HEX}${HEX}`],
  ])('%s has its parts', (text, host, path, tag, digest) => {
    expect(splitImageRef(text)).toEqual({ host, path, tag, digest });
  });

  it.each([
    '',
    ' ',
    '-v',
    '--privileged',
    '-v.example/x',
    'x-.example/y',
    '--privileged:80/x',
    '-',
    '$(id)',
    '`id`',
    'a b',
    'a\tb',
    'a\nb',
    'alpine\n',
    '../x',
    'a/../b',
    './a',
    '/a',
    'a/',
    'a//b',
    'a..b:80/x',
    '..:80/x',
    '.a/b',
    'Alpine',
    'a/B',
    'a___b',
    'a.-b',
    '_a',
    'a_',
    'ünïcode',
    'аlpine',
    'a\0b',
    'a:',
    'a:-x',
    'a:b:c',
    'a:b/c:',
    `a:${'x'.repeat(129)}`,
    'a@',
    'a@sha256',
    'a@sha256:xyz',
    'a@sha256:abc',
    `a@sha256:${HEX}@sha256:${HEX}`,
    '@sha256:'.concat(HEX),
    'https://docker.io/a',
    'a.b:99999999/c',
    'a?b',
    'a#b',
    'a;b',
    'a|b',
    'a&b',
    "a'b",
    'a"b',
    'a\\b',
    '*',
    '~',
    HEX,
    `${HEX}:latest`,
    'a'.repeat(256),
    'a'.repeat(10_240),
    'a/'.repeat(5_120).concat('a'),
  ])('is not %j', (text) => {
    expect(parseImageRef(text)).toBeUndefined();
  });

  it('has a name of up to 255 characters, and a tag of up to 128 beside it', () => {
    expect(parseImageRef('a'.repeat(255))).toBeDefined();
    expect(parseImageRef(`${'a'.repeat(255)}:${'t'.repeat(128)}`)).toBeDefined();
  });

  it('never begins with a hyphen and holds nothing that a shell or a URL reads', () => {
    const character = fc.constantFrom(...'aZ09-._/:@$`;& \n\t\\\'"<>|(){}[]~#?*!%='.split(''));
    fc.assert(
      fc.property(fc.string({ unit: character, maxLength: 20 }), (text) => {
        if (parseImageRef(text) === undefined) return;
        expect(text).toMatch(/^[a-zA-Z0-9[][\w.:/@[\]+-]*$/);
        expect(text).not.toContain('..');
      }),
      { numRuns: 5_000 },
    );
  });

  it('is judged in a moment, whatever its text', () => {
    const began = performance.now();
    for (const piece of ['a', 'a-', 'a.', 'a_', 'a__', '-', '.', '[:', 'a/', ':1']) {
      parseImageRef(`${piece.repeat(250)}!`);
      parseImageRef(piece.repeat(500_000));
    }
    expect(performance.now() - began).toBeLessThan(1_000);
  });
});
