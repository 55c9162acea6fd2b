import fc from 'fast-check';
import { posix } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isInside, parseRelativePath } from './posix-path.js';

describe('a directory below the store', () => {
  it.each([
    ['key-1/incoming', 'key-1/incoming'],
    ['/key-1/incoming', 'key-1/incoming'],
    ['key-1/incoming/', 'key-1/incoming'],
    ['///key-1///', 'key-1'],
    ['...', '...'],
    ['..a/b..', '..a/b..'],
    ['a b/ç/日本', 'a b/ç/日本'],
    ['-rf', '-rf'],
    ['a\nb', 'a\nb'],
    ['$(id)/`x`', '$(id)/`x`'],
  ])('is taken from %j', (value, path) => {
    expect(parseRelativePath(value)).toEqual({ path });
  });

  it.each([
    ['', 'must name a directory below the store'],
    ['/', 'must name a directory below the store'],
    ['//', 'must name a directory below the store'],
    ['.', 'must not contain the path component "."'],
    ['..', 'must not contain the path component ".."'],
    ['../x', 'must not contain the path component ".."'],
    ['key/../../etc', 'must not contain the path component ".."'],
    ['/../etc/', 'must not contain the path component ".."'],
    ['a/./..', 'must not contain the path component "."'],
    ['a/..', 'must not contain the path component ".."'],
    ['a//b', 'must not contain an empty path component'],
    ['a\0b', 'must not contain a NUL character'],
    ['/etc:/x', 'must not contain a colon'],
    ['a'.repeat(256), 'each path component must be at most 255 bytes'],
    ['é'.repeat(128), 'each path component must be at most 255 bytes'],
    ['a/'.repeat(2_000), 'must be at most 3072 bytes'],
    ['é/'.repeat(1_025), 'must be at most 3072 bytes'],
  ])('is not %j', (value, reason) => {
    expect(parseRelativePath(value)).toEqual({ reason });
  });

  it('takes no longer for a path full of slashes', () => {
    const began = performance.now();
    parseRelativePath(`a${'/'.repeat(1_000_000)}b`);
    expect(performance.now() - began).toBeLessThan(1_000);
  });

  it('never leads out of the store, whatever a client writes', () => {
    const piece = fc.constantFrom('..', '.', '', 'a', 'b c', '...', '\0', ':', '~', '%2e%2e', '\\');
    const paths = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(piece).map((pieces) => pieces.join('/')),
    );
    fc.assert(
      fc.property(paths, (value) => {
        const parsed = parseRelativePath(value);
        if ('reason' in parsed) return;
        const resolved = posix.resolve('/store', parsed.path);
        expect(resolved).toBe(`/store/${parsed.path}`);
        expect(isInside('/store', resolved)).toBe(true);
        expect(resolved).not.toBe('/store');
      }),
      { numRuns: 2_000 },
    );
  });

  it('is the same when it is read again', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (value) => {
        const parsed = parseRelativePath(value);
        if ('path' in parsed) expect(parseRelativePath(parsed.path)).toEqual(parsed);
      }),
    );
  });
});

describe('a path', () => {
  it.each([
    ['/store', '/store'],
    ['/store', '/store/a'],
    ['/', '/etc'],
    ['/store/', '/store/a'],
  ])('lies inside %s when it is %s', (base, path) => {
    expect(isInside(base, path)).toBe(true);
  });

  it.each([
    ['/data', '/database'],
    ['/storebase', '/storebase-evil'],
    ['/store/a', '/store'],
    ['/store', '/'],
  ])('does not lie inside %s when it is %s', (base, path) => {
    expect(isInside(base, path)).toBe(false);
  });
});
