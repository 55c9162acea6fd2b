import { describe, expect, it } from 'vitest';
import { sha256 } from '../../../test/fakes/builders.js';
import { hashSpec } from './spec-hash.js';

describe('the hash of a specification', () => {
  const plain = (text: string): string => text;

  it('is a digest in hexadecimal', () => {
    expect(hashSpec({ a: 1 }, sha256)).toMatch(/^[0-9a-f]{64}$/);
  });

  it('does not depend on the order of the keys', () => {
    expect(hashSpec({ a: 1, b: [2] }, plain)).toBe(hashSpec({ b: [2], a: 1 }, plain));
  });

  it('depends on the order of a list, and on where a text ends', () => {
    expect(hashSpec({ a: ['x', 'y'] }, plain)).not.toBe(hashSpec({ a: ['y', 'x'] }, plain));
    expect(hashSpec({ a: ['x', 'y'] }, plain)).not.toBe(hashSpec({ a: ['x,y'] }, plain));
    expect(hashSpec({ a: 'x', b: '' }, plain)).not.toBe(hashSpec({ a: '', b: 'x' }, plain));
  });
});
